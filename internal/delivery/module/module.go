// Package module is the registry of Terraform modules, and the keeper of the
// definitions that say which module serves which resource.
//
// It owns versions of modules (immutable, with the digest of their content),
// what is known about their inputs and outputs, and the definitions of a
// tenant. It does not match definitions with resources (delivery/graph does),
// and it never runs Terraform.
package module

import (
	"fmt"
	"regexp"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Address names a module within a tenant: namespace/name/system, where the
// system is the target's main provider: local, azurerm, aws, google.
type Address struct {
	Namespace, Name, System string
}

// String returns the address as module sources have it, without a host.
func (a Address) String() string { return a.Namespace + "/" + a.Name + "/" + a.System }

// Version is one published version of a module.
type Version struct {
	Address
	// Version is a semantic version without a leading v and without build metadata.
	Version string
	// Digest is that of the files, whatever archive they came in.
	Digest kernel.Digest
	// Archive is the digest of the archive that is served, Size its length in bytes.
	Archive kernel.Digest
	Size    int64
	Inputs  []Input
	Outputs []Output
	// PublishedBy is the id of the actor.
	PublishedBy string
	PublishedAt time.Time
}

// Input is a variable of a module.
type Input struct {
	Name string `json:"name"`
	// Type is the constraint as it is written, empty for any.
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required"`
	Sensitive   bool   `json:"sensitive,omitempty"`
	// Ephemeral says that terraform keeps its value neither in plans nor in states.
	Ephemeral bool `json:"ephemeral,omitempty"`
}

// Output is an output of a module.
type Output struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Sensitive   bool   `json:"sensitive,omitempty"`
}

// namePart is what the registry protocol allows in a part of an address,
// in lower case, without a hyphen or underscore at its ends.
var namePart = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$`)

func (a Address) check() error {
	var problems []kernel.Problem
	for _, part := range []struct{ path, value string }{
		{"namespace", a.Namespace}, {"name", a.Name}, {"system", a.System},
	} {
		if !namePart.MatchString(part.value) {
			problems = append(problems, kernel.Problem{
				Path: part.path, Message: fmt.Sprintf("%q is not a name that a module can have", part.value),
				Fix: "use 1 to 64 lower case letters, digits, hyphens and underscores",
			})
		}
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the module's address %s is not valid", a).WithProblems(problems...)
	}
	return nil
}

// checkVersion returns the version in its one spelling.
func checkVersion(version string) (string, error) {
	v, err := semver.StrictNewVersion(version)
	if err != nil || v.Metadata() != "" {
		return "", kernel.Errorf(kernel.Invalid, "%q is not a version that a module can have", version).
			WithFix("use a semantic version without build metadata, such as 1.4.0 or 2.0.0-rc.1")
	}
	return v.String(), nil
}
