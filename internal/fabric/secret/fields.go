package secret

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Value is the key of the value of a secret that has no other.
const Value = "value"

// Data are the values of a secret by key, as JSON.
type Data map[string]json.RawMessage

// Read returns the values of a version, 0 for the newest, for an actor with secret.read.
// With the NotFound of a version that is deleted comes what is known of it.
func (s *Service) Read(ctx context.Context, scope kernel.Scope, name string, version int) (Info, Data, error) {
	v, plain, err := s.read(ctx, scope, name, version)
	if err != nil {
		return v.Info, nil, err
	}
	d, err := v.data(plain)
	return v.Info, d, err
}

func (v Version) data(plain []byte) (Data, error) {
	if !v.Fields {
		raw, err := json.Marshal(string(plain))
		return Data{Value: raw}, err
	}
	var d Data
	if err := json.Unmarshal(plain, &d); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "version %d of secret %s is not what was written", v.Version, v.Name)
	}
	return d, nil
}

// encode returns what is sealed: the one value as it is, or all keys as JSON.
func (d Data) encode() (plain []byte, fields bool, err error) {
	var only string
	if raw, ok := d[Value]; ok && len(d) == 1 && json.Unmarshal(raw, &only) == nil && only != "" && string(raw) != "null" {
		return []byte(only), false, nil
	}
	if d == nil {
		d = Data{}
	}
	plain, err = json.Marshal(d)
	return plain, true, err
}

// sized is encode of values that a secret may have.
func (d Data) sized(name string) (plain []byte, fields bool, err error) {
	if plain, fields, err = d.encode(); err != nil {
		return nil, false, kernel.Errorf(kernel.Invalid, "secret %s: the values are no JSON", name)
	}
	if len(plain) > MaxValue {
		return nil, false, kernel.Errorf(kernel.TooLarge, "secret %s: the values have %d bytes", name, len(plain)).WithFix("give at most %d bytes", MaxValue)
	}
	return plain, fields, nil
}

// Write keeps values as the newest version, for an actor with secret.write. seen is the
// number of the version that the actor has seen, 0 for none yet, and nil where it did not look;
// another one is Stale.
func (s *Service) Write(ctx context.Context, scope kernel.Scope, name string, d Data, seen *int) (Info, error) {
	return s.write(ctx, scope, name, seen, "", func(context.Context, *Version) (Data, error) { return d, nil })
}

// Take is Write of values that come from somewhere else, which origin names.
func (s *Service) Take(ctx context.Context, scope kernel.Scope, name string, d Data, seen int, origin string) (Info, error) {
	return s.write(ctx, scope, name, &seen, origin, func(context.Context, *Version) (Data, error) { return d, nil })
}

// Text is the value of a key as it is handed out: a text as it is, and anything else as
// JSON. ok is false where there is no such key.
func (d Data) Text(key string) (text string, ok bool) {
	raw, ok := d[key]
	if !ok {
		return "", false
	}
	if json.Unmarshal(raw, &text) == nil {
		return text, true
	}
	return string(raw), true
}

// Patch changes values of the newest version as RFC 7396 has it, for an actor with
// secret.write. It is NotFound where there is none.
func (s *Service) Patch(ctx context.Context, scope kernel.Scope, name string, patch Data, seen *int) (Info, error) {
	return s.write(ctx, scope, name, seen, "", func(ctx context.Context, current *Version) (Data, error) {
		if current == nil || current.Gone(s.Clock.Now()) {
			return nil, notFound(name)
		}
		plain, err := s.open(ctx, *current)
		if err != nil {
			return nil, err
		}
		d, err := current.data(plain)
		if err != nil {
			return nil, err
		}
		return merge(d, patch)
	})
}

func (s *Service) write(ctx context.Context, scope kernel.Scope, name string, seen *int, origin string, values func(ctx context.Context, current *Version) (Data, error)) (Info, error) {
	if err := s.checkWrite(ctx, scope); err != nil {
		return Info{}, err
	}
	return s.add(ctx, scope, name, func(ctx context.Context, current *Version) (plain []byte, made Info, keep bool, err error) {
		if err := s.seen(ctx, scope, name, current, seen); err != nil {
			return nil, Info{}, false, err
		}
		d, err := values(ctx, current)
		if err != nil {
			return nil, Info{}, false, err
		}
		if plain, made.Fields, err = d.sized(name); err != nil {
			return nil, Info{}, false, err
		}
		made.Origin = origin
		return plain, made, false, nil
	})
}

// seen refuses who has seen another version than the newest, or has to say and does not.
func (s *Service) seen(ctx context.Context, scope kernel.Scope, name string, current *Version, seen *int) error {
	m, err := s.metadata(ctx, scope, name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	newest := 0
	if current != nil {
		newest = current.Version
	}
	switch {
	case seen == nil && m.CASRequired:
		return kernel.Errorf(kernel.Invalid, "check-and-set parameter required for this call").
			WithFix("say which version you have seen, such as with --cas %d; see those there are with: terrace secret history %s --stage %s", newest, name, scope.Stage)
	case seen != nil && *seen != newest:
		return kernel.Errorf(kernel.Stale, "check-and-set parameter did not match the current version").
			WithFix("secret %s has version %d: look at it, and write again, such as with --cas %d", name, newest, newest)
	}
	return nil
}

// merge applies a merge patch (RFC 7396 §2) to values.
func merge(d, patch Data) (Data, error) {
	target, err := tree(d)
	if err != nil {
		return nil, err
	}
	change, err := tree(patch)
	if err != nil {
		return nil, err
	}
	merged, _ := merged(target, change).(map[string]any) // a patch that is an object gives one
	out := Data{}
	for k, v := range merged {
		if out[k], err = json.Marshal(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func tree(d Data) (any, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	err = decoder.Decode(&v)
	return v, err
}

func merged(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for k, v := range changes {
		if v == nil {
			delete(object, k)
			continue
		}
		object[k] = merged(object[k], v)
	}
	return object
}
