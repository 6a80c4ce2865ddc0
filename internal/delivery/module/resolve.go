package module

import (
	"context"
	"strings"

	goversion "github.com/hashicorp/go-version"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Resolve returns the highest version that satisfies the reference, by
// Terraform's rules: a pre-release is chosen only by a constraint that names
// one. It asks for no permission: a service that was allowed to do its work
// calls it for that work.
func (s *Service) Resolve(ctx context.Context, scope kernel.Scope, ref graph.ModuleRef) (graph.ModulePin, error) {
	if err := s.ready(ctx, scope); err != nil {
		return graph.ModulePin{}, err
	}
	a, err := ParseAddress(ref.Source)
	if err != nil {
		return graph.ModulePin{}, err
	}
	constraints, err := parseConstraints(ref.Version)
	if err != nil {
		return graph.ModulePin{}, err
	}
	versions, err := s.versions(ctx, scope, a)
	if err != nil {
		return graph.ModulePin{}, err
	}
	for _, v := range versions {
		if ok, err := satisfies(v.Version, constraints); err != nil {
			return graph.ModulePin{}, err
		} else if ok {
			return v.pin(), nil
		}
	}
	return graph.ModulePin{}, noneFits(ref, versions)
}

// Source returns a ModuleSource for one piece of work: it asks for each
// reference once.
func (s *Service) Source(ctx context.Context, scope kernel.Scope) graph.ModuleSource {
	known := map[graph.ModuleRef]graph.ModulePin{}
	return graph.ModuleFunc(func(ref graph.ModuleRef) (graph.ModulePin, error) {
		if pin, ok := known[ref]; ok {
			return pin, nil
		}
		pin, err := s.Resolve(ctx, scope, ref)
		if err == nil {
			known[ref] = pin
		}
		return pin, err
	})
}

// ParseAddress reads namespace/name/system.
func ParseAddress(source string) (Address, error) {
	parts := strings.Split(source, "/")
	if len(parts) != 3 {
		return Address{}, kernel.Errorf(kernel.Invalid, "%q is not the address of a module", source).
			WithFix("write it as namespace/name/system, such as terrace/redis/local")
	}
	a := Address{parts[0], parts[1], parts[2]}
	return a, a.check()
}

func parseConstraints(text string) (goversion.Constraints, error) {
	if strings.TrimSpace(text) == "" {
		text = ">= 0"
	}
	constraints, err := goversion.NewConstraint(text)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "%q is not a constraint of versions", text).
			WithFix("write it as Terraform does, such as ~> 1.2 or >= 1.0.0, < 2.0.0")
	}
	return constraints, nil
}

func satisfies(version string, constraints goversion.Constraints) (bool, error) {
	v, err := goversion.NewSemver(version)
	if err != nil {
		return false, kernel.Errorf(kernel.Internal, "version %s: %w", version, err)
	}
	return constraints.Check(v), nil
}

func noneFits(ref graph.ModuleRef, versions []Version) error {
	numbers := make([]string, 0, min(len(versions), 10))
	for _, v := range versions[:min(len(versions), 10)] {
		numbers = append(numbers, v.Version)
	}
	return kernel.Errorf(kernel.NotFound, "no version of module %s satisfies %q", ref.Source, ref.Version).
		WithFix("the newest are %s: publish one that fits, or change the constraint", strings.Join(numbers, ", "))
}

func (v Version) pin() graph.ModulePin {
	pin := graph.ModulePin{
		Source: v.Address.String(), Version: v.Version, Digest: string(v.Digest), Inputs: []string{}, Outputs: []string{}, SensitiveInputs: []string{},
	}
	for _, in := range v.Inputs {
		pin.Inputs = append(pin.Inputs, in.Name)
		if in.Sensitive {
			pin.SensitiveInputs = append(pin.SensitiveInputs, in.Name)
		}
		if in.Ephemeral {
			pin.Ephemeral = append(pin.Ephemeral, in.Name)
		}
		if in.Required {
			pin.Required = append(pin.Required, in.Name)
		}
	}
	for _, out := range v.Outputs {
		pin.Outputs = append(pin.Outputs, out.Name)
		if out.Sensitive {
			pin.Sensitive = append(pin.Sensitive, out.Name)
		}
	}
	return pin
}
