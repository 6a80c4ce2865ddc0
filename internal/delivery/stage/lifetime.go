package stage

import "time"

// DefaultMaxLifetime bounds lifetimes where a stage says nothing.
const DefaultMaxLifetime = 30 * 24 * time.Hour

// Lifetime says how long what is deployed on a stage stays there.
type Lifetime struct {
	// Default is that of what says nothing itself; 0 is for good.
	Default Duration `json:"default,omitzero" yaml:"default,omitempty" koanf:"default"`
	// Max bounds every lifetime, from any moment on; 0 is DefaultMaxLifetime.
	Max Duration `json:"max,omitzero" yaml:"max,omitempty" koanf:"max"`
	// Never refuses lifetimes: nothing is ever removed by itself.
	Never bool `json:"never,omitempty" yaml:"never,omitempty" koanf:"never"`
}

// Lifetimes are the stage's: prod has none unless it says so.
func (s Stage) Lifetimes() Lifetime {
	l := s.Lifetime
	if l == (Lifetime{}) && s.Name == "prod" {
		l.Never = true
	}
	if l.Max == 0 {
		l.Max = Duration(DefaultMaxLifetime)
	}
	return l
}

func (c *checker) lifetime(path string, l Lifetime) {
	if l.Default < 0 || l.Max < 0 {
		c.add(path, "a lifetime below nothing is not possible", "write one such as 72h, or leave it out")
	}
	if l.Max > 0 && l.Default > l.Max {
		c.add(path+".default", l.Default.String()+" is more than the stage's most, "+l.Max.String(), "make it shorter, or max longer")
	}
	if l.Never && l.Default > 0 {
		c.add(path+".never", "a stage with a default lifetime has lifetimes", "leave one of both out")
	}
}
