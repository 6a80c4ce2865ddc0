package dns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/platform/reload"
)

// Load reads what has changed and swaps the snapshot. Where another call has just done so there
// is nothing to do.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	held := s.snapshot.Load()
	revision, err := s.Store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("load dns: %w", err)
	}
	if held.own != nil && held.current() == revision {
		return nil
	}
	next, err := s.next(ctx, held, revision)
	if err != nil {
		return fmt.Errorf("load dns: %w", err)
	}
	s.snapshot.Store(next)
	select {
	case s.changed <- struct{}{}:
	default: // who waits for changes will look anyway
	}
	return nil
}

// next makes the snapshot that follows on one. What has not changed is taken from that: a
// zone with the same serial, and the records of deployments.
func (s *Service) next(ctx context.Context, held *snapshot, revision int64) (*snapshot, error) {
	next := &snapshot{revision: revision, own: held.own, serial: held.serial, zones: map[of]*heldZone{}, keys: map[string]*heldKey{}, sealed: map[string]bool{}}
	if err := s.nextOwn(ctx, next); err != nil {
		return nil, err
	}
	if s.Book == nil {
		next.index(nil, nil)
		return next, nil
	}
	objects, err := s.Book.Objects(ctx)
	if err != nil {
		return nil, err
	}
	var networks []Network
	var forwarders []Forwarder
	for _, o := range objects {
		switch o.Kind {
		case KindZone:
			err = s.nextZone(ctx, next, held, o)
		case KindNetwork:
			networks, err = appendOf[Network](networks, o)
		case KindForwarder:
			forwarders, err = appendOf[Forwarder](forwarders, o)
		case KindKey:
			err = s.nextKey(ctx, next, held, o)
		case KindEndpoint: // its record is in its zone
			next.endpoints, err = appendOf[Endpoint](next.endpoints, o)
		case KindApplied:
		}
		if err != nil {
			return nil, err
		}
	}
	next.index(networks, forwarders)
	return next, nil
}

func (s *Service) nextOwn(ctx context.Context, next *snapshot) error {
	serial, err := s.Store.Serial(ctx)
	if err != nil || next.own != nil && serial == next.serial {
		return err
	}
	records, err := s.Store.All(ctx)
	if err != nil {
		return err
	}
	next.own, next.serial = s.ownZones(records, serial), serial
	return nil
}

func (s *Service) ownZones(records []Record, serial int64) map[string]*zone.Zone {
	own := map[string]*zone.Zone{}
	for _, name := range s.Zones {
		own[zone.Canonical(name)] = platformZone(name, records, serial)
	}
	return own
}

// nextZone makes a zone. One that cannot be made stays as it was: the others go on.
func (s *Service) nextZone(ctx context.Context, next, held *snapshot, o Object) error {
	z, err := valueOf[Zone](o)
	if err != nil {
		return err
	}
	key := of{o.Scope.Tenant, o.Name}
	h := held.zones[key]
	if h != nil && h.Serial == z.Serial && h.CreatedAt.Equal(z.CreatedAt) {
		next.zones[key] = h
		return nil
	}
	fresh, err := s.read(ctx, z, h)
	if errors.Is(err, errRead) {
		return err
	}
	switch {
	case err == nil:
		next.zones[key] = fresh
	case h != nil:
		next.zones[key] = h
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "a zone of DNS cannot be answered from as it is", "zone", z.Name, "error", err)
	}
	return nil
}

// errRead says that sets could not be read.
var errRead = errors.New("the record sets cannot be read")

// read makes a zone of what is in the store: of what has changed since the one that is held, where
// that is known.
func (s *Service) read(ctx context.Context, z Zone, before *heldZone) (*heldZone, error) {
	server := "ns." + s.Zones[0]
	if before != nil && before.CreatedAt.Equal(z.CreatedAt) {
		if names, known := z.since(before.Serial); known {
			changed := make(map[string][]Held, len(names))
			for _, name := range names {
				changed[name] = nil
			}
			if len(names) > 0 {
				sets, err := s.Sets.Sets(ctx, z.Scope.Tenant, z.Name, names...)
				if err != nil {
					return nil, errors.Join(errRead, err)
				}
				for _, h := range sets {
					changed[h.Name] = append(changed[h.Name], h)
				}
			}
			return before.change(z, changed, server)
		}
	}
	sets, err := s.Sets.Sets(ctx, z.Scope.Tenant, z.Name)
	if err != nil {
		return nil, errors.Join(errRead, err)
	}
	return compile(z, sets, server, before)
}

// nextKey opens a key. One that cannot be opened signs nothing, and is tried again; the others do.
func (s *Service) nextKey(ctx context.Context, next, held *snapshot, o Object) error {
	k, err := valueOf[Key](o)
	if err != nil {
		return err
	}
	name := zone.Canonical(k.KeyName)
	if h := held.keys[name]; h != nil && slices.Equal(h.sealed, o.Sealed) {
		next.keys[name] = &heldKey{Key: k, secret: h.secret}
		return nil
	}
	secret, err := s.Sealer.Open(ctx, o.Sealed, Associated(o.Scope.Tenant, o.Name))
	if err != nil {
		if next.sealed[name] = true; !held.sealed[name] {
			s.Log.ErrorContext(ctx, "a key of DNS cannot be opened: what it signs is refused until it can", "key", k.KeyName, "error", err)
		}
		return nil
	}
	next.keys[name] = &heldKey{Key: k, secret: secret}
	return nil
}

// valueOf reads an object.
func valueOf[T any](o Object) (v T, err error) {
	if err := json.Unmarshal([]byte(o.Body), &v); err != nil {
		return v, fmt.Errorf("read %s %s: %w", o.Kind, o.Name, err)
	}
	switch v := any(&v).(type) {
	case *Zone:
		v.Scope = o.Scope
		err = json.Unmarshal([]byte(o.Body), &v.kept)
	case *Network:
		v.Scope = o.Scope
	case *Forwarder:
		v.Scope = o.Scope
	case *Key:
		v.Scope, v.sealed = o.Scope, o.Sealed
	case *Endpoint:
		v.Scope = o.Scope
	}
	return v, err
}

func appendOf[T any](all []T, o Object) ([]T, error) {
	v, err := valueOf[T](o)
	return append(all, v), err
}

// Watch keeps the snapshot current with what other processes, or transactions
// that ended after their call, have written. It returns when ctx ends.
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

// renew loads after a change of this process.
func (s *Service) renew(ctx context.Context) { s.source().Now(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "DNS records", Revision: s.Store.Revision, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.snapshot.Load().current() },
	}
}
