package secret

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// The bounds of a secret.
const (
	DefaultLength = 32
	MinLength     = 16
	MaxLength     = 1024
	MaxValue      = 64 << 10
)

// Info describes a secret's current version, without its value.
type Info struct {
	Scope   kernel.Scope `json:"-"`
	Name    string       `json:"name"`
	Stage   string       `json:"stage"`
	Version int          `json:"version"`
	// Generated tells that the value was made here, with Length characters.
	Generated bool   `json:"generated"`
	Length    int    `json:"length,omitempty"`
	CreatedBy string `json:"updatedBy"`
	// CreatedByName is what people called who made it; empty for versions from before that was kept.
	CreatedByName string    `json:"updatedByName,omitempty" doc:"What people called who made the version; absent where that was not kept yet."`
	CreatedAt     time.Time `json:"updatedAt"`
	// Fields says that it has several keys with values, and not one value.
	Fields bool `json:"fields,omitempty" doc:"Whether it has several keys with values, and not one value."`
	// DeletedAt is when it was, or will be, deleted; it can be taken back until Destroyed.
	DeletedAt time.Time `json:"deletedAt,omitzero" doc:"When the version was, or will be, deleted. It can be taken back."`
	Destroyed bool      `json:"destroyed,omitempty" doc:"Whether the version's value is no more."`
	// Origin is where the value was taken from, empty for one that was written or made here.
	Origin string `json:"origin,omitempty" doc:"Where the value was taken from; empty for one that was written or made here."`
}

// Gone reports whether nobody gets the version's value at a time.
func (i Info) Gone(now time.Time) bool {
	return i.Destroyed || !i.DeletedAt.IsZero() && !i.DeletedAt.After(now)
}

// Version is one sealed version of a secret.
type Version struct {
	Info

	Sealed []byte
	// Known says that its values are known again where they turn up.
	Known bool
}

func checkName(scope kernel.Scope, name string) error {
	if !secretref.ValidName(name) {
		return kernel.Errorf(kernel.Invalid, "secret name %q is not valid", name).
			WithFix("use letters, digits, dots, hyphens and underscores, at most 253, and slashes between such words")
	}
	if scope.Tenant == "" || scope.Project == "" {
		return kernel.Errorf(kernel.Invalid, "secret %s: a secret belongs to a project", name)
	}
	return nil
}

func notFound(name string) error {
	return kernel.Errorf(kernel.NotFound, "secret %s does not exist", name)
}
