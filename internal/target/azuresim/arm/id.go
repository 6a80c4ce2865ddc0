package arm

import (
	"errors"
	"strings"
)

// The types that have no provider in their ids.
const (
	TypeSubscription = "Microsoft.Resources/subscriptions"
	TypeGroup        = "Microsoft.Resources/resourceGroups"
)

var errID = errors.New("not an id of Azure Resource Manager")

// ID is a parsed id of a resource, of a list (one more type than names) or of a scope. It keeps the
// casing it was written in; ids are compared by Key.
type ID struct {
	// Subscription and Group are empty where the id is outside of them.
	Subscription, Group string
	// Scope is everything before the last "/providers/": a subscription, a
	// group, for an extension resource another resource's id; empty for the tenant.
	Scope string
	// Namespace is "Microsoft.Network"; empty for subscriptions and groups.
	Namespace string
	// Types and Names alternate: Types[0]/Names[0]/Types[1]/Names[1]….
	Types, Names []string
}

// ParseID reads an id or a path below one. The empty path and "/" are the tenant.
func ParseID(path string) (ID, error) {
	path = strings.TrimRight(path, "/")
	if path == "" {
		return ID{}, nil
	}
	if !strings.HasPrefix(path, "/") {
		return ID{}, errID
	}
	scope, rest := splitProvider(path)
	id, err := parseScope(scope)
	if err != nil {
		return ID{}, err
	}
	if rest == "" {
		return id, nil
	}
	id.Scope = scope
	id.Types, id.Names = nil, nil
	return id, id.provider(rest)
}

// splitProvider cuts a path at its last "/providers/".
func splitProvider(path string) (scope, rest string) {
	const mark = "/providers/"
	if at := strings.LastIndex(strings.ToLower(path), mark); at >= 0 {
		return path[:at], path[at+len(mark):]
	}
	return path, ""
}

// parseScope reads what stands before a provider: subscription, group, another resource or nothing.
func parseScope(path string) (ID, error) {
	if path == "" {
		return ID{}, nil
	}
	parts := strings.Split(path[1:], "/")
	for _, p := range parts {
		if p == "" {
			return ID{}, errID
		}
	}
	if !strings.EqualFold(parts[0], "subscriptions") {
		if strings.EqualFold(parts[0], "providers") && len(parts) > 2 {
			return ParseID(path)
		}
		return ID{}, errID
	}
	id := ID{Types: []string{"subscriptions"}, Names: parts[1:min(2, len(parts))]}
	if len(parts) > 1 {
		id.Subscription = parts[1]
	}
	if len(parts) < 3 {
		return id, nil
	}
	return id.group(parts)
}

// group reads the part of a scope after the subscription.
func (id ID) group(parts []string) (ID, error) {
	if !strings.EqualFold(parts[2], "resourceGroups") {
		return ID{}, errID
	}
	id.Scope = "/" + strings.Join(parts[:2], "/")
	id.Types, id.Names = []string{"resourceGroups"}, nil
	if len(parts) == 3 {
		return id, nil
	}
	id.Group, id.Names = parts[3], parts[3:4]
	if len(parts) > 4 {
		rest := strings.Join(parts[4:], "/")
		if !strings.HasPrefix(strings.ToLower(rest), "providers/") {
			return ID{}, errID
		}
		return ParseID("/" + strings.Join(parts, "/"))
	}
	return id, nil
}

// provider reads "<namespace>/<type>/<name>…".
func (id *ID) provider(rest string) error {
	parts := strings.Split(rest, "/")
	for _, p := range parts {
		if p == "" {
			return errID
		}
	}
	id.Namespace = parts[0]
	for i, p := range parts[1:] {
		if i%2 == 0 {
			id.Types = append(id.Types, p)
		} else {
			id.Names = append(id.Names, p)
		}
	}
	return nil
}

// String writes the id.
func (id ID) String() string {
	var b strings.Builder
	b.WriteString(id.Scope)
	if id.Namespace != "" {
		b.WriteString("/providers/")
		b.WriteString(id.Namespace)
	}
	for i, t := range id.Types {
		b.WriteString("/")
		b.WriteString(t)
		if i < len(id.Names) {
			b.WriteString("/")
			b.WriteString(id.Names[i])
		}
	}
	return b.String()
}

// Key is the id as it is compared: case does not matter.
func (id ID) Key() string { return strings.ToLower(id.String()) }

// Type is the resource type: "Microsoft.Network/virtualNetworks/subnets".
func (id ID) Type() string {
	if id.Namespace == "" {
		switch len(id.Types) {
		case 0:
			return ""
		default:
			return "Microsoft.Resources/" + id.Types[0]
		}
	}
	return id.Namespace + "/" + strings.Join(id.Types, "/")
}

// Name is the last name.
func (id ID) Name() string {
	if len(id.Names) == 0 {
		return ""
	}
	return id.Names[len(id.Names)-1]
}

// Collection tells whether the id is a list's: its last type has no name.
func (id ID) Collection() bool { return len(id.Types) > len(id.Names) }

// Parent is the id that a child or a list lives under: another resource for
// a nested type, else its scope.
func (id ID) Parent() ID {
	n := len(id.Types)
	if id.Namespace == "" || n <= 1 {
		parent, _ := ParseID(id.Scope)
		return parent
	}
	parent := id
	parent.Types, parent.Names = id.Types[:n-1], id.Names[:n-1]
	return parent
}

// Child is the id of a resource of a nested type.
func (id ID) Child(typ, name string) ID {
	child := id
	child.Types = append(append([]string{}, id.Types...), typ)
	child.Names = append(append([]string{}, id.Names...), name)
	return child
}

// Extension is the id of an extension resource on this id.
func (id ID) Extension(typ, name string) ID {
	namespace, rest, _ := strings.Cut(typ, "/")
	return ID{
		Subscription: id.Subscription, Group: id.Group, Scope: id.String(), Namespace: namespace,
		Types: strings.Split(rest, "/"), Names: []string{name},
	}
}

// Covers tells whether other is this id or lies under it.
func (id ID) Covers(other string) bool {
	key, other := id.Key(), strings.ToLower(other)
	return key == "" || other == key || strings.HasPrefix(other, key+"/")
}
