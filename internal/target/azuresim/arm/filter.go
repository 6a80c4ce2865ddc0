package arm

import (
	"regexp"
	"slices"
	"strings"
)

// clause is one comparison of an OData filter: "resourceType eq 'Microsoft.KeyVault/vaults'".
type clause struct{ name, op, value string }

// parseFilter reads comparisons joined by "and". OData's other operators are refused.
func parseFilter(text string) ([]clause, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	one := regexp.MustCompile(`(?i)^\s*\(?\s*([\w/.]+)\s+(eq|ne|ge|gt|le|lt)\s+(?:'((?:[^']|'')*)'|([\w.:+-]+))\s*\)?\s*$`)
	var out []clause
	for _, part := range regexp.MustCompile(`(?i)\s+and\s+`).Split(text, -1) {
		m := one.FindStringSubmatch(part)
		if m == nil {
			return nil, BadRequest("InvalidFilterInQueryString", "Invalid $filter '%s' specified in the query string.", text)
		}
		out = append(out, clause{m[1], strings.ToLower(m[2]), strings.ReplaceAll(m[3], "''", "'") + m[4]})
	}
	return out, nil
}

// filter keeps the resources that an OData filter names.
func filter(c *Context, found []*Resource, text string) ([]*Resource, error) {
	clauses, err := parseFilter(text)
	if err != nil || len(clauses) == 0 {
		return found, err
	}
	tagName, tagged := "", false
	for _, one := range clauses {
		if strings.EqualFold(one.name, "tagName") {
			tagName, tagged = one.value, true
		}
	}
	return slices.DeleteFunc(found, func(r *Resource) bool {
		if _, has := tagOf(r, tagName); tagged && !has {
			return true
		}
		for _, one := range clauses {
			if !strings.EqualFold(one.name, "tagName") && !one.holds(r, tagName) {
				return true
			}
		}
		return false
	}), nil
}

func tagOf(r *Resource, name string) (string, bool) {
	for tag, v := range r.Obj("tags") {
		if strings.EqualFold(tag, name) {
			text, _ := v.(string)
			return text, true
		}
	}
	return "", false
}

func (one clause) holds(r *Resource, tagName string) bool {
	var got string
	switch strings.ToLower(one.name) {
	case "resourcetype":
		got = r.ID.Type()
	case "name":
		got = r.Name()
	case "resourcegroup":
		got = r.ID.Group
	case "tagvalue":
		got, _ = tagOf(r, tagName)
	default:
		path := strings.ReplaceAll(one.name, "/", ".")
		if got = r.Str(path); got == "" {
			got = r.Str("properties." + path)
		}
	}
	return one.compare(got)
}

func (one clause) compare(got string) bool {
	same := strings.EqualFold(got, one.value)
	switch one.op {
	case "eq":
		return same
	case "ne":
		return !same
	case "ge":
		return got >= one.value
	case "gt":
		return got > one.value
	case "le":
		return got <= one.value
	default:
		return got < one.value
	}
}
