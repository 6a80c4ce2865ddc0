package arm

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxName     = 260
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

// checkName applies a kind's name rule.
func (e *Engine) checkName(k *Kind, id ID) error {
	name, longest := id.Name(), k.Name.Max
	if longest == 0 {
		longest = maxName
	}
	length := utf8.RuneCountInString(name)
	rule := e.names[strings.ToLower(k.Type)]
	if length < max(k.Name.Min, 1) || length > longest || rule != nil && !rule.MatchString(name) || rule == nil && strings.ContainsAny(name, "<>%&\\?") {
		return BadRequest("InvalidResourceName", "Resource name %s of type %s is invalid: %d to %d characters that match %s.", name, k.Type, max(k.Name.Min, 1), longest, orAny(k.Name.Pattern))
	}
	return nil
}

func orAny(pattern string) string {
	if pattern == "" {
		return "no '<>%&\\?'"
	}
	return pattern
}

// checkUnique refuses a name that another resource of the type has anywhere.
func (c *Context) checkUnique(k *Kind, id ID) error {
	if !k.Name.Unique {
		return nil
	}
	taken := c.tx.all(func(key string, r *Resource) bool {
		return key != id.Key() && strings.EqualFold(r.ID.Type(), k.Type) && strings.EqualFold(r.Name(), id.Name())
	})
	if len(taken) == 0 {
		return nil
	}
	code := k.Name.Taken
	if code == "" {
		code = "NameNotAvailable"
	}
	return Conflict(code, "The name '%s' for a resource of type %s is already taken.", id.Name(), k.Type)
}

// checkScope refuses a type where it cannot live, and a parent that is not there.
func (c *Context) checkScope(k *Kind, id ID) error {
	if err := c.checkGroup(id); err != nil {
		return err
	}
	if len(id.Types) > 1 && id.Namespace != "" {
		return c.checkParent(id)
	}
	scopes, place := k.Scopes, place(id)
	if scopes == 0 {
		scopes = InGroup
	}
	if scopes&place == 0 {
		return NotFound("InvalidResourceType", "The resource type '%s' does not live at the scope '%s'.", k.Type, id.Scope)
	}
	if place == InResource || place == InManagementGroup {
		return c.checkParent(id)
	}
	return nil
}

func (c *Context) checkGroup(id ID) error {
	if id.Group == "" || id.Namespace == "" {
		return nil
	}
	if c.tx.get(groupKey(id)) == nil {
		return noGroup(id.Group)
	}
	return nil
}

func groupKey(id ID) string {
	return strings.ToLower("/subscriptions/" + id.Subscription + "/resourceGroups/" + id.Group)
}

// checkParent refuses a child or an extension of what is not there. A parent whose type is no kind
// ("locations/westeurope") is always there.
func (c *Context) checkParent(id ID) error {
	parent := id.Parent()
	kind := c.engine.kind(parent.Type())
	if kind == nil && len(id.Types) == 1 {
		return c.engine.unknownType(parent)
	}
	if kind == nil || c.tx.get(parent.Key()) != nil {
		return nil
	}
	if kind.Find != nil && kind.Find(c, parent) != nil {
		return nil
	}
	if len(id.Types) == 1 {
		return noResource(parent)
	}
	return NotFound("ParentResourceNotFound", "Failed to perform operation on resource '%s' of type '%s', because its parent resource '%s' was not found.", id.Name(), id.Type(), parent)
}

// place says where an id's type lives.
func place(id ID) Scopes {
	if id.Namespace == "" {
		return InSubscription
	}
	scope, _ := ParseID(id.Scope)
	switch {
	case id.Scope == "":
		return InTenant
	case scope.Namespace == "" && scope.Group != "":
		return InGroup
	case scope.Namespace == "":
		return InSubscription
	case strings.EqualFold(scope.Type(), "Microsoft.Management/managementGroups"):
		return InManagementGroup
	}
	return InResource
}

// checkLocation normalises the location and holds a resource to its first one.
func checkLocation(k *Kind, r, old *Resource) error {
	location := strings.ToLower(strings.ReplaceAll(r.Location(), " ", ""))
	if location == "" {
		if !k.Located {
			return nil
		}
		if old == nil {
			return BadRequest("LocationRequired", "The location property is required for this definition.")
		}
		location = old.Location()
	}
	r.Set("location", location)
	if !slices.Contains(locations(), location) {
		return BadRequest("LocationNotAvailableForResourceType", "The provided location '%s' is not available for resource type '%s'.", location, k.Type)
	}
	if old == nil || old.Location() == location || old.Location() == "" {
		return nil
	}
	code := "InvalidResourceLocation"
	if k.Type == TypeGroup {
		code = "InvalidResourceGroupLocation"
	}
	return Conflict(code, "The resource '%s' already exists in location '%s'. A resource with the same name cannot be created in location '%s'. Please select a new resource name.", r.Name(), old.Location(), location)
}

func checkTags(r *Resource) error {
	if !r.Has("tags") {
		r.Unset("tags")
		return nil
	}
	tags, is := r.Get("tags").(Object)
	if !is || len(tags) > maxTags {
		return BadRequest("InvalidTags", "Tags are at most %d names with values.", maxTags)
	}
	for name, v := range tags {
		value, text := v.(string)
		if !text || len(name) > maxTagName || len(value) > maxTagValue || strings.ContainsAny(name, `<>%&\?/`) {
			return BadRequest("InvalidTagNameCharacters", "The tag '%s' is invalid: names have at most %d characters and none of <>%%&\\?/, values are texts of at most %d.", name, maxTagName, maxTagValue)
		}
	}
	return nil
}

// checkPaths applies Required and Immutable.
func checkPaths(k *Kind, r, old *Resource) error {
	for _, path := range k.Required {
		if v := r.Get(path); v == nil || v == "" {
			return &Error{Status: http.StatusBadRequest, Code: "InvalidRequestContent", Message: "Required property '" + path + "' not found in JSON.", Target: path}
		}
	}
	if old == nil {
		return nil
	}
	for _, path := range k.Immutable {
		if was := old.Get(path); was != nil && !equal(was, r.Get(path)) {
			return &Error{Status: http.StatusConflict, Code: "PropertyChangeNotAllowed", Message: "Changing property '" + path + "' is not allowed.", Target: path}
		}
	}
	return nil
}

// equal compares decoded JSON; texts that differ in case alone are the same, as ids are.
func equal(a, b any) bool {
	switch a := a.(type) {
	case string:
		text, is := b.(string)
		return is && strings.EqualFold(a, text)
	case []any:
		other, is := b.([]any)
		return is && slices.EqualFunc(a, other, equal)
	case Object:
		other, is := b.(Object)
		if !is || len(a) != len(other) {
			return false
		}
		for name, v := range a {
			if !equal(v, other[name]) {
				return false
			}
		}
		return true
	}
	return a == b
}

// checkMatch applies If-Match and If-None-Match (RFC 9110 §13.1).
func checkMatch(h http.Header, old *Resource) error {
	match, none := h.Get("If-Match"), h.Get("If-None-Match")
	switch {
	case none == "*" && old != nil, match == "*" && old == nil,
		match != "" && match != "*" && (old == nil || strings.Trim(strings.TrimPrefix(match, "W/"), `"`) != old.Etag):
		return Errorf(http.StatusPreconditionFailed, "PreconditionFailed", "The condition '%s' was not met.", match+none)
	}
	return nil
}
