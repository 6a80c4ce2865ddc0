package tail

import (
	"context"
	"time"
)

// serveEvery is how often it is looked who watches at other replicas.
const serveEvery = time.Second

// Server has those who watch at other replicas see what this one answers.
type Server struct {
	Service *Service

	watches map[string]*watch
}

// Serve does so until ctx ends.
func (v *Server) Serve(ctx context.Context) error {
	tick := time.NewTicker(serveEvery)
	defer tick.Stop()
	defer v.drop(nil)
	for {
		if err := v.Turn(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Turn looks once who watches, and sends what there is for them. What one replica
// sends in a turn is bounded.
func (v *Server) Turn(ctx context.Context) error {
	s := v.Service
	all, err := s.Store.Wanted(ctx, s.Node, s.Clock.Now())
	if err != nil {
		return err
	}
	live := map[string]bool{}
	for _, w := range all {
		live[w.ID] = true
		if v.watches[w.ID] == nil && len(v.watches) < 10*MaxWatchers {
			if v.watches == nil {
				v.watches = map[string]*watch{}
			}
			v.watches[w.ID] = s.Hub.begin(w.Filter)
		}
	}
	v.drop(live)
	for id, w := range v.watches {
		lines, left := w.taken()
		if len(lines) == 0 && left == 0 {
			continue
		}
		if err := s.Store.Put(ctx, Part{Watch: id, Tenant: w.filter.Tenant, Node: s.Node, Lines: lines, Left: left}); err != nil {
			return err
		}
	}
	return nil
}

// drop forgets those who watch no more.
func (v *Server) drop(live map[string]bool) {
	for id, w := range v.watches {
		if !live[id] {
			v.Service.Hub.end(w)
			delete(v.watches, id)
		}
	}
}

// Tidy removes what is wanted no more.
func (v *Server) Tidy(ctx context.Context) error {
	return v.Service.Store.Tidy(ctx, v.Service.Clock.Now())
}
