package beside_test

import (
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
)

func TestDivide(t *testing.T) {
	t.Parallel()
	one, two, gone, silent := stand("one"), stand("two"), stand("gone"), stand("")
	under := func(weight int) beside.Answers {
		return beside.Answers{Addr: "app one", Release: "one", Next: "app two", Upcoming: "two", Weight: weight}
	}
	alone := beside.Answers{Addr: "app one", Release: "one"}
	for name, c := range map[string]struct {
		stand         []beside.Standing
		at            beside.Answers
		strict        bool
		current, next []string
		proven        bool
	}{
		"nothing is known of releases":                          {[]beside.Standing{one, two}, beside.Answers{}, false, []string{"one", "two"}, nil, true},
		"one that does not say is of the one that serves":       {[]beside.Standing{silent, gone}, alone, false, []string{""}, nil, true},
		"both have sidecars":                                    {[]beside.Standing{one, two, gone}, under(5), false, []string{"one"}, []string{"two"}, true},
		"the next one is not to be asked yet":                   {[]beside.Standing{two}, alone, false, []string{"app one"}, nil, false},
		"nor under strict":                                      {[]beside.Standing{two}, alone, true, []string{"app one"}, nil, true},
		"one that was before is not asked any more":             {[]beside.Standing{gone}, alone, false, []string{"app one"}, nil, false},
		"the next alone has one, and gets its share":            {[]beside.Standing{two}, under(5), false, []string{"app one"}, []string{"app two"}, false},
		"the next alone has one, under strict":                  {[]beside.Standing{two}, under(5), true, []string{"app one"}, []string{"two"}, true},
		"the next alone has one, and gets all":                  {[]beside.Standing{two}, under(100), false, []string{"app one"}, []string{"two"}, true},
		"the one that serves alone has one, and keeps its own":  {[]beside.Standing{one}, under(5), false, []string{"one"}, nil, true},
		"the one that serves alone has one, under strict":       {[]beside.Standing{one}, under(5), true, []string{"one"}, []string{"app two"}, true},
		"the one that serves alone has one, and gets no more":   {[]beside.Standing{one}, under(100), false, []string{"one"}, []string{"app two"}, false},
		"nobody has one":                                        {nil, under(5), false, []string{"app one"}, []string{"app two"}, false},
		"nobody has one, under strict":                          {nil, under(5), true, []string{"app one"}, []string{"app two"}, true},
		"the release that serves is not known to answer at all": {[]beside.Standing{two}, beside.Answers{Release: "one"}, true, nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			current, next, proven := beside.Divide(c.stand, c.at, c.strict)
			if !slices.Equal(current, c.current) || !slices.Equal(next, c.next) || proven != c.proven {
				t.Errorf("%q and %q, proven %t", current, next, proven)
			}
		})
	}
}

// stand is a sidecar of a release, at an address of its name.
func stand(release string) beside.Standing { return beside.Standing{Addr: release, Release: release} }
