package secret

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Difference is what differs between two versions, by key. It has no values.
type Difference struct {
	From    int      `json:"from"`
	To      int      `json:"to"`
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
}

// Compare tells which keys differ between two versions, to an actor with secret.write: to is
// 0 for the newest, and from for the one that is kept before it. It shows no value, and is no
// read of one.
func (s *Service) Compare(ctx context.Context, scope kernel.Scope, name string, from, to int) (Difference, error) {
	if err := s.Authorizer.Authorize(ctx, "secret.write", scope); err != nil {
		return Difference{}, err
	}
	after, is, err := s.values(ctx, scope, name, to)
	if err != nil {
		return Difference{}, err
	}
	if from == 0 {
		if from, err = s.before(ctx, after); err != nil {
			return Difference{}, err
		}
	}
	before, was, err := s.values(ctx, scope, name, from)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{From: before.Version, To: after.Version, Added: []string{}, Removed: []string{}, Changed: []string{}}
	for _, key := range slices.Sorted(maps.Keys(was)) {
		value, ok := is[key]
		switch {
		case !ok:
			d.Removed = append(d.Removed, key)
		case !bytes.Equal(was[key], value):
			d.Changed = append(d.Changed, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[key]; !ok {
			d.Added = append(d.Added, key)
		}
	}
	return d, nil
}

// before is the number of the newest version before one whose values are still there.
func (s *Service) before(ctx context.Context, v Version) (int, error) {
	all, err := s.Store.Versions(ctx, v.Scope, v.Name)
	if err != nil {
		return 0, err
	}
	for _, i := range slices.Backward(all) {
		if i.Version < v.Version && !i.Gone(s.Clock.Now()) {
			return i.Version, nil
		}
	}
	return 0, kernel.Errorf(kernel.Refused, "there is no version of secret %s before version %d to compare it with", v.Name, v.Version).
		WithFix("see those there are with: terrace secret history %s --stage %s", v.Name, v.Scope.Stage)
}

// values opens a version for what the platform does with it by itself.
func (s *Service) values(ctx context.Context, scope kernel.Scope, name string, version int) (Version, Data, error) {
	v, err := s.find(ctx, scope, name, version)
	if err != nil {
		return v, nil, err
	}
	if v.Gone(s.Clock.Now()) {
		return v, nil, kernel.Errorf(kernel.Refused, "version %d of secret %s is deleted", v.Version, name)
	}
	plain, err := s.open(ctx, v)
	if err != nil {
		return v, nil, err
	}
	d, err := v.data(plain)
	return v, d, err
}
