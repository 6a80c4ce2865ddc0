package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// tidy removes the unpacked artifacts that nothing runs of any more. Before all was brought
// back after a start it is not known which those are.
func (p *servicePlane) tidy() {
	p.mu.Lock()
	known := p.restored
	p.mu.Unlock()
	if !known {
		return
	}
	used := map[kernel.Digest]bool{}
	for _, r := range p.all() {
		if i := r.instance(); i != nil {
			for _, c := range i.spec.Containers {
				used[kernel.Digest(c.Artifact)] = true
			}
		}
	}
	if err := p.bundles.Prune(used); err != nil {
		p.config.Log.Warn("artifacts that nothing runs of cannot be removed", "error", err)
	}
}

// tidyFromNow has artifacts removed from now on, and those that are left from before.
func (p *servicePlane) tidyFromNow() {
	p.mu.Lock()
	p.restored = true
	p.mu.Unlock()
	p.tidy()
}

// Erase removes the folders of a tenant that has left, and returns how many there were.
func (s *Service) Erase(_ context.Context, tenant string) (folders int64, err error) {
	for _, sort := range []string{"services", "volumes", "caches", "mysql"} {
		dir := filepath.Join(s.config.Dir, sort, tenant)
		if _, missing := os.Stat(dir); errors.Is(missing, os.ErrNotExist) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return folders, diskError("remove the folder of a tenant that has left", err)
		}
		folders++
	}
	s.services.tidy()
	return folders, nil
}
