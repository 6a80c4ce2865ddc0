package secret

import (
	"regexp"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
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
	Generated bool      `json:"generated"`
	Length    int       `json:"length,omitempty"`
	CreatedBy string    `json:"updatedBy"`
	CreatedAt time.Time `json:"updatedAt"`
}

// Version is one sealed version of a secret.
type Version struct {
	Info

	Sealed []byte
}

var validName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$`)

func checkName(scope kernel.Scope, name string) error {
	if !validName.MatchString(name) {
		return kernel.Errorf(kernel.Invalid, "secret name %q is not valid", name).
			WithFix("use letters, digits, dots, hyphens and underscores, at most 253")
	}
	if scope.Tenant == "" || scope.Project == "" {
		return kernel.Errorf(kernel.Invalid, "secret %s: a secret belongs to a project", name)
	}
	return nil
}

func notFound(name string) error {
	return kernel.Errorf(kernel.NotFound, "secret %s does not exist", name)
}
