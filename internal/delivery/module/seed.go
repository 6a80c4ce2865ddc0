package module

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ShippedNamespace is the namespace of the modules that come with Terrace.
const ShippedNamespace = "terrace"

// Seeded tells what SeedTree did.
type Seeded struct {
	// Modules and Definitions are what was new.
	Modules, Definitions []string
	// Kept are definitions whose shipped content changed, and that were left
	// alone because the tenant has changed or deleted them, or has another
	// definition with one of their criteria.
	Kept []string
}

// SeedTree gives a tenant what comes with Terrace for one system: tree has
// modules/<function> (and its number in VERSION) and definitions/*.yaml. What is
// there already costs one look-up each. A tenant's own changes stay as they are.
func (s *Service) SeedTree(ctx context.Context, scope kernel.Scope, system string, tree fs.FS) (Seeded, error) {
	ctx = context.WithValue(kernel.WithActor(ctx, kernel.System("modules", scope.Tenant)), seedingKey{}, true)
	var done Seeded
	modules, err := fs.Glob(tree, "modules/*")
	if err != nil {
		return done, fmt.Errorf("shipped modules: %w", err)
	}
	for _, dir := range modules {
		if err := s.seedModule(ctx, scope, tree, system, dir, &done); err != nil {
			return done, err
		}
	}
	return done, s.seedDefinitions(ctx, tenantOf(scope), tree, &done)
}

func (s *Service) seedModule(ctx context.Context, scope kernel.Scope, fsys fs.FS, system, dir string, done *Seeded) error {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return fmt.Errorf("shipped module %s: %w", dir, err)
	}
	files, err := archive.FromFS(sub)
	if err != nil {
		return fmt.Errorf("shipped module %s: %w", dir, err)
	}
	a := Address{Namespace: ShippedNamespace, Name: path.Base(dir), System: system}
	version, err := checkVersion(strings.TrimSpace(string(files["VERSION"])))
	if err != nil {
		return fmt.Errorf("shipped module %s: %w", dir, err)
	}
	_, found, err := s.published(ctx, scope, a, version, files.Digest())
	if kernel.Is(err, kernel.Conflict) {
		return kernel.Errorf(kernel.Conflict, "the module %s %s that comes with this build has other content than the one that was published from another build", a, version).
			WithFix("whoever changed iac/%s raises the number in its VERSION and builds again; "+
				"otherwise start the build that made this data, or give this one an empty folder with --data", dir)
	}
	if found || err != nil {
		return err
	}
	done.Modules = append(done.Modules, a.String()+" "+version)
	_, err = s.publish(ctx, scope, a, version, files)
	return err
}

func (s *Service) seedDefinitions(ctx context.Context, scope kernel.Scope, fsys fs.FS, done *Seeded) error {
	names, err := fs.Glob(fsys, "definitions/*.yaml")
	if err != nil {
		return fmt.Errorf("shipped definitions: %w", err)
	}
	given, err := s.deps.Shipped.Given(ctx, scope)
	if err != nil {
		return err
	}
	for _, name := range names {
		source, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("shipped definition %s: %w", name, err)
		}
		d, err := graph.ParseDefinition(name, source)
		if err != nil {
			return fmt.Errorf("shipped definition %s: %w", name, err)
		}
		if last, ok := given[d.Name]; ok && last == kernel.DigestOf(source) {
			continue
		}
		if err := s.seedDefinition(ctx, scope, d, source, given, done); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) seedDefinition(ctx context.Context, scope kernel.Scope, d graph.Definition, source []byte, given map[string]kernel.Digest, done *Seeded) error {
	changed, err := s.changedByTenant(ctx, scope, d.Name, given)
	if err != nil {
		return err
	}
	if !changed {
		_, err = s.apply(ctx, scope, d, source)
	}
	switch {
	case changed || kernel.Is(err, kernel.Conflict):
		done.Kept = append(done.Kept, d.Name)
	case err != nil:
		return fmt.Errorf("shipped definition %s: %w", d.Name, err)
	default:
		done.Definitions = append(done.Definitions, d.Name)
	}
	return s.deps.Shipped.Give(ctx, scope, d.Name, kernel.DigestOf(source))
}

// changedByTenant reports whether the tenant has deleted or changed what it was
// given, or has made a definition of the name by itself.
func (s *Service) changedByTenant(ctx context.Context, scope kernel.Scope, name string, given map[string]kernel.Digest) (bool, error) {
	last, ok := given[name]
	stored, err := s.deps.Definitions.Get(ctx, scope, name)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return ok, nil
	case err != nil:
		return false, err
	default:
		return stored.Digest != last, nil
	}
}
