package dns

import (
	"context"
	"errors"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Imported is what an import has done.
type Imported struct {
	// Set and Deleted count record sets, Unchanged those that were so before, and Ignored the
	// records of the zone itself (SOA, NS), which follow from its settings.
	Set       int `json:"set" doc:"How many record sets were added or changed."`
	Deleted   int `json:"deleted" doc:"How many were removed."`
	Unchanged int `json:"unchanged" doc:"How many were so before."`
	Ignored   int `json:"ignored" doc:"How many records of the zone itself (SOA, NS) the file has, which follow from the zone's settings."`
}

// Import takes the record sets of a zone file. With replace all others are removed, save those
// of networks and of private endpoints.
func (s *Service) Import(ctx context.Context, tenant, in, text string, replace bool) (Imported, error) {
	z, err := s.zoneFor(ctx, tenant, in, actionRecord)
	if err != nil {
		return Imported{}, err
	}
	sets, apex, err := zone.Read(z.Name, text)
	if err != nil {
		return Imported{}, fileProblem(z, err)
	}
	var out Imported
	err = s.changeSets(ctx, z, nil, func(_ context.Context, z Zone, all []Held) (put, drop []Held, err error) {
		put, drop, err = s.merge(z, all, sets, replace)
		out = Imported{Set: len(put), Deleted: len(drop), Unchanged: len(sets) - len(put), Ignored: apex}
		return put, drop, err
	})
	return out, err
}

func fileProblem(z Zone, err error) error {
	out := kernel.Errorf(kernel.Invalid, "the zone file of %s is not valid: %w", z.Name, err)
	var file *zone.FileError
	if errors.As(err, &file) && file.Line > 0 {
		return kernel.Errorf(kernel.Invalid, "the zone file of %s is not valid", z.Name).
			WithProblems(kernel.Problem{Line: file.Line, Column: file.Column, Message: file.Message})
	}
	return out
}

// merge finds what an import changes.
func (s *Service) merge(z Zone, all []Held, sets []zone.Set, replace bool) (put, drop []Held, err error) {
	type place struct{ name, kind string }
	before := map[place]Held{}
	next := []Held{}
	for _, h := range all {
		if h.Network == "" {
			before[place{h.Name, h.Type}] = h
		}
	}
	for _, set := range sets {
		h := Held{Set: set}
		if h, err = s.admitSet(z, h); err != nil {
			return nil, nil, err
		}
		old, known := before[place{h.Name, h.Type}]
		delete(before, place{h.Name, h.Type})
		next = append(next, h)
		switch {
		case known && old.TTL == h.TTL && slices.Equal(sorted(old.Values), sorted(h.Values)):
		case known && old.Endpoint != "":
			return nil, nil, ofEndpoint(all, h)
		default:
			put = append(put, h)
		}
	}
	for _, h := range before {
		if replace && h.Endpoint == "" {
			drop = append(drop, h)
		} else {
			next = append(next, h)
		}
	}
	return put, drop, clash(next)
}

func sorted(values []string) []string {
	out := slices.Clone(values)
	slices.Sort(out)
	return out
}

// Export returns a zone as a file: as all see it, or as a network does.
func (s *Service) Export(ctx context.Context, tenant, in, network string) (string, error) {
	z, err := s.Zone(ctx, tenant, in)
	if err != nil {
		return "", err
	}
	if err := s.checkNetwork(ctx, z, network); err != nil {
		return "", err
	}
	sets, err := s.Sets.Sets(ctx, tenant, z.Name)
	if err != nil {
		return "", err
	}
	h, err := compile(z, sets, "ns."+s.Zones[0], nil)
	if err != nil {
		return "", err
	}
	if own := h.of[network]; own != nil {
		return zone.Write(own), nil
	}
	return zone.Write(h.base), nil
}
