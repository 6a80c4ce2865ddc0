package waf

import "strings"

// contentTypes are the types of bodies that are inspected, such as
// application/json and application/*+json.
type contentTypes struct {
	exact  map[string]bool
	starts [][2]string
}

// everyType stands for every content type.
const everyType = "*/*"

func typesOf(list []string) contentTypes {
	c := contentTypes{exact: map[string]bool{}}
	for _, t := range list {
		if t == everyType {
			t = "*"
		}
		if before, after, ok := strings.Cut(t, "*"); ok {
			c.starts = append(c.starts, [2]string{before, after})
		} else {
			c.exact[t] = true
		}
	}
	return c
}

// has tells whether a body of a content type is inspected. One without a type
// is: a service may take it for anything.
func (c contentTypes) has(contentType string) bool {
	name, _, _ := strings.Cut(contentType, ";")
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" || c.exact[name] {
		return true
	}
	for _, s := range c.starts {
		if strings.HasPrefix(name, s[0]) && strings.HasSuffix(name, s[1]) && len(name) >= len(s[0])+len(s[1]) {
			return true
		}
	}
	return false
}
