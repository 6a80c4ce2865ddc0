package secret

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Given is a value that somebody gives to a secret.
type Given struct {
	Value string
	// Key is the key whose value it is, which leaves all other keys as they are; empty is a
	// value that the whole secret has from then on.
	Key string
	// Seen is the number of the version that the actor has seen, 0 for none yet, and nil
	// where it did not look.
	Seen *int
}

// Put is Set of a value that the whole secret has.
func (s *Service) Put(ctx context.Context, scope kernel.Scope, name, value string) (Info, error) {
	return s.Set(ctx, scope, name, Given{Value: value})
}

// Set keeps a given value in the newest version, for an actor with secret.write. The same
// value again makes no new version; another version than the one seen is Stale.
func (s *Service) Set(ctx context.Context, scope kernel.Scope, name string, g Given) (Info, error) {
	if err := s.checkWrite(ctx, scope); err != nil {
		return Info{}, err
	}
	if g.Value == "" || len(g.Value) > MaxValue {
		return Info{}, kernel.Errorf(kernel.Invalid, "secret %s: the value has %d bytes", name, len(g.Value)).
			WithFix("give 1 to %d bytes", MaxValue)
	}
	if at := strings.IndexByte(g.Value, 0); at >= 0 {
		return Info{}, kernel.Errorf(kernel.Invalid, "secret %s: the value has a zero byte, its byte %d: no environment variable can have it", name, at+1).
			WithFix("encode it, such as with base64, and decode it where it is used")
	}
	if g.Key != "" && !secretref.ValidKey(g.Key) {
		return Info{}, kernel.Errorf(kernel.Invalid, "secret %s: %.64q is no key that a reference can name", name, g.Key).
			WithFix("use letters, digits, dots, hyphens and underscores, at most 253")
	}
	return s.add(ctx, scope, name, func(ctx context.Context, current *Version) ([]byte, Info, bool, error) {
		if err := s.seen(ctx, scope, name, current, g.Seen); err != nil {
			return nil, Info{}, false, err
		}
		if current != nil && current.Gone(s.Clock.Now()) {
			current = nil // nothing of what is deleted comes back
		}
		if g.Key != "" {
			return s.withKey(ctx, name, current, g)
		}
		return s.whole(ctx, current, g.Value)
	})
}

// whole is the change that has a secret be one value.
func (s *Service) whole(ctx context.Context, current *Version, value string) (plain []byte, made Info, keep bool, err error) {
	if current != nil && !current.Fields {
		plain, err := s.open(ctx, *current)
		if err != nil {
			return nil, Info{}, false, err
		}
		if subtle.ConstantTimeCompare(plain, []byte(value)) == 1 {
			return nil, current.Info, true, nil
		}
	}
	return []byte(value), Info{}, false, nil
}

// withKey is the change that gives one key a value.
func (s *Service) withKey(ctx context.Context, name string, current *Version, g Given) (plain []byte, made Info, keep bool, err error) {
	d := Data{}
	if current != nil {
		if plain, err = s.open(ctx, *current); err != nil {
			return nil, Info{}, false, err
		}
		if d, err = current.data(plain); err != nil {
			return nil, Info{}, false, err
		}
		var was string
		if json.Unmarshal(d[g.Key], &was) == nil && subtle.ConstantTimeCompare([]byte(was), []byte(g.Value)) == 1 {
			return nil, current.Info, true, nil
		}
	}
	if d[g.Key], err = json.Marshal(g.Value); err != nil {
		return nil, Info{}, false, err
	}
	plain, fields, err := d.sized(name)
	return plain, Info{Fields: fields}, false, err
}
