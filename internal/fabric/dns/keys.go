package dns

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// heldKey is a key with its secret.
type heldKey struct {
	Key

	secret []byte
}

// Associated is what the secret of a key is bound to.
func Associated(tenant, name string) []byte { return []byte("dns-key/" + tenant + "/" + name) }

// CreateKey makes a key for a zone, and returns its secret, in base64, this once.
func (s *Service) CreateKey(ctx context.Context, k Key) (Key, string, error) {
	z, err := s.zoneFor(ctx, k.Scope.Tenant, k.Zone, actionWrite)
	if err != nil {
		return Key{}, "", err
	}
	k.Scope, k.Zone = z.Scope, z.Name
	if k, err = k.normal(); err != nil {
		return Key{}, "", err
	}
	k.KeyName = k.Name + "." + k.Scope.Tenant
	k.CreatedAt, k.CreatedBy = s.Clock.Now(), actorName(ctx)
	secret := make([]byte, hashOf(k.Algorithm)().Size())
	_, _ = rand.Read(secret) // never fails
	sealed, err := s.Sealer.SealFor(ctx, k.Scope.Tenant, secret, Associated(k.Scope.Tenant, k.Name))
	if err != nil {
		return Key{}, "", err
	}
	err = s.write(ctx, func(ctx context.Context) error {
		all, err := s.Book.Objects(ctx)
		if err != nil {
			return err
		}
		keys := 0
		for _, o := range all {
			if o.Kind != KindKey || o.Scope.Tenant != k.Scope.Tenant {
				continue
			}
			if keys++; o.Name == k.Name {
				return kernel.Errorf(kernel.Conflict, "there is a key %s", k.Name).WithFix("delete it first, or choose another name")
			}
		}
		if keys >= MaxObjects {
			return kernel.Errorf(kernel.Refused, "the tenant has %d keys, which is all that one may have", keys)
		}
		if _, err := s.zone(ctx, k.Scope.Tenant, k.Zone); err != nil {
			return err
		}
		return s.put(ctx, KindKey, k.Scope, k.Name, k, sealed, "dns-key.created", keyFact(k))
	})
	return k, base64.StdEncoding.EncodeToString(secret), err
}

func keyFact(k Key) map[string]any {
	return map[string]any{
		"key": k.KeyName, "zone": k.Zone, "algorithm": k.Algorithm, "transfer": k.Transfer,
		"update": append([]string{}, k.Update...), "types": append([]string{}, k.Types...),
	}
}

// normal returns a key as it is kept.
func (k Key) normal() (Key, error) {
	c := &checker{}
	c.label("name", k.Name)
	if k.Algorithm == "" {
		k.Algorithm = "hmac-sha256"
	}
	if !slices.Contains(Algorithms(), k.Algorithm) {
		c.add("algorithm", "use one of "+strings.Join(Algorithms(), ", "), "there is no algorithm %q", k.Algorithm)
	}
	for i, pattern := range k.Update {
		full, err := absolute(strings.TrimPrefix(pattern, "*."), k.Zone)
		if pattern == "*" {
			full, err = zone.Canonical(k.Zone), nil
		}
		if err != nil || zone.CheckName(full) != "" {
			c.add("update["+strconv.Itoa(i)+"]", "give a name within the zone, or one with a star in front", "%q is no name of zone %s", pattern, k.Zone)
			continue
		}
		if full = strings.TrimSuffix(full, "."); strings.HasPrefix(pattern, "*") {
			full = "*." + full
		}
		k.Update[i] = full
	}
	for i, t := range k.Types {
		if k.Types[i] = strings.ToUpper(t); !slices.Contains(zone.Types(), k.Types[i]) {
			c.add("types["+strconv.Itoa(i)+"]", "use some of "+strings.Join(zone.Types(), ", "), "there is no type %q", t)
		}
	}
	if len(k.Update) == 0 && !k.Transfer {
		c.add("update", "name what it may change, or let it copy the zone", "the key would be for nothing")
	}
	if len(k.Update) > 50 {
		c.add("update", "name at most 50", "%d patterns are too many", len(k.Update))
	}
	return k, c.err("key %s is not valid", k.Name)
}

// DeleteKey removes a key: what it signs is refused from then on.
func (s *Service) DeleteKey(ctx context.Context, tenant, name string) error {
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return err
	}
	missing := func() error {
		return kernel.Errorf(kernel.NotFound, "there is no key %s", name).WithFix("see those that there are with: terrace dns key list")
	}
	k, err := get[Key](ctx, s, KindKey, tenant, name)
	if kernel.Is(err, kernel.NotFound) {
		return missing()
	} else if err != nil {
		return err
	}
	if s.Authorizer.Authorize(ctx, actionRead, k.Scope) != nil {
		return missing()
	}
	if err := s.Authorizer.Authorize(ctx, actionWrite, k.Scope); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context) error {
		return s.remove(ctx, KindKey, k.Scope, name, "dns-key.deleted", keyFact(k))
	})
}

// mayUpdate reports whether a key may change a name and a type.
func (k Key) mayUpdate(name, kind string) bool {
	if len(k.Types) > 0 && !slices.Contains(k.Types, kind) {
		return false
	}
	return slices.ContainsFunc(k.Update, func(pattern string) bool {
		if below, ok := strings.CutPrefix(pattern, "*."); ok {
			return zone.Within(name, zone.Canonical(below))
		}
		return name == zone.Canonical(pattern)
	})
}

func hashOf(algorithm string) func() hash.Hash {
	switch strings.TrimSuffix(strings.ToLower(algorithm), ".") {
	case "hmac-sha256":
		return sha256.New
	case "hmac-sha384":
		return sha512.New384
	case "hmac-sha512":
		return sha512.New
	}
	return nil
}

// signer is a dns.TsigProvider with the keys of the current snapshot.
type signer struct{ held *Service }

// Generate signs a message (RFC 8945 §4.3).
func (s signer) Generate(message []byte, t *dns.TSIG) ([]byte, error) {
	k := s.held.snapshot.Load().keys[zone.Canonical(t.Hdr.Name)]
	if k == nil {
		return nil, dns.ErrSecret
	}
	if !strings.EqualFold(strings.TrimSuffix(t.Algorithm, "."), k.Algorithm) {
		return nil, dns.ErrKeyAlg
	}
	h := hmac.New(hashOf(k.Algorithm), k.secret)
	h.Write(message)
	return h.Sum(nil), nil
}

// Verify checks the signature of a message; a shortened one is not taken (RFC 8945 §5.2.2.1).
func (s signer) Verify(message []byte, t *dns.TSIG) error {
	want, err := s.Generate(message, t)
	if err != nil {
		return err
	}
	got, err := hex.DecodeString(t.MAC)
	if err != nil || !hmac.Equal(got, want) {
		return dns.ErrSig
	}
	return nil
}

// keyNamed returns the key of a message whose signature was verified.
func (s *Service) keyNamed(t *dns.TSIG) *heldKey {
	return s.snapshot.Load().keys[zone.Canonical(t.Hdr.Name)]
}
