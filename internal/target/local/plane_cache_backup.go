package local

import (
	"context"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// copyTo implements keeper.
func (p *cachePlane) copyTo(ctx context.Context, o Object, w io.Writer) error {
	r, ok := p.get(o.Key)
	if !ok {
		return kernel.Errorf(kernel.Unavailable, "cache %s does not run yet", o.Name).WithFix("try again in a moment")
	}
	return r.server.Snapshot(ctx, w)
}

// putBack implements keeper. The cache is away while it is filled.
func (p *cachePlane) putBack(ctx context.Context, o Object, _ Key, r io.Reader) error {
	spec, err := decode[serverSpec](o.Key, o.Spec)
	if err != nil {
		return err
	}
	if err := p.end(o.Key); err != nil {
		return err
	}
	placed := p.find().Place(p.folder(o.Key), r)
	back, _, err := p.ensure(ctx, o.Key, spec, recordedPorts(&o)) // with what it had, where that failed
	if placed != nil || err != nil {
		if placed != nil {
			return placed
		}
		return err
	}
	return p.await(ctx, o.Key, back, cacheStartTimeout)
}
