package graph

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const maxName = 50

// hashOf tells a resource apart from all others of all stages and projects,
// for names that are unique in a cloud: 8 characters of a to z and 0 to 9.
func hashOf(c Context, uid string) string {
	const length = 8
	return kernel.DigestOf([]byte(strings.Join([]string{c.Tenant, c.Project, c.Stage, uid}, "\x00"))).Hex()[:length]
}

// uidOf returns the identity of a resource.
func uidOf(typ, class, id string) string { return typ + "." + class + "#" + id }

// keyOf returns the identity as a Terraform identifier. Types, classes and ids
// have no underscore, and ids no empty part, so different ones stay different.
func keyOf(typ, class, id string) string {
	key := typ
	if class != workload.DefaultClass {
		key += "_" + class
	}
	key += "__" + strings.ReplaceAll(id, ".", "_")
	if key[0] >= '0' && key[0] <= '9' {
		key = "_" + key
	}
	return key
}

// nameOf turns an id into an RFC 1123 label of at most 50 characters. What had
// to be cut keeps a part of its digest, so that it stays different.
func nameOf(id string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, id), "-")
	if len(name) <= maxName {
		return name
	}
	const hash = 8
	return strings.TrimRight(name[:maxName-hash-1], "-") + "-" + kernel.DigestOf([]byte(id)).Hex()[:hash]
}
