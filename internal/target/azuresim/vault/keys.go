package vault

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// defaultBits is the size of an RSA key that nobody gave one.
const defaultBits = 2048

func newKeySpec(one *call) (*keySpec, error) {
	if _, err := one.fresh(keys, one.name); err != nil {
		return nil, err
	}
	s := &keySpec{size: defaultBits}
	s.kind, _ = one.in["kty"].(string)
	if size, is := one.in["key_size"].(float64); is {
		s.size = int(size)
	}
	if strings.HasPrefix(s.kind, "EC") {
		if s.curve, _ = one.in["crv"].(string); s.curve == "" {
			s.curve = "P-256"
		}
	}
	return s, s.check(one.vault)
}

func createKey(one *call) (any, error) {
	i, err := one.fresh(keys, one.name)
	if err != nil {
		return nil, err
	}
	if i.Managed {
		return nil, forbidden("", "Operation create is not allowed on a key that a certificate manages.")
	}
	v := one.newVersion()
	v.Key = one.made
	v.Key.Operations = operations(one.in["key_ops"], v.Key.Kind)
	v.Release, _ = one.in["release_policy"].(arm.Object)
	i.Versions = append(i.Versions, v)
	return one.keyBundle(i, &v), one.store(keys, i)
}

// operations are those asked for, or all that the key can do.
func operations(asked any, kind string) []string {
	list, _ := asked.([]any)
	out := []string{}
	for _, o := range list {
		if s, is := o.(string); is {
			out = append(out, s)
		}
	}
	switch {
	case len(out) > 0:
		return out
	case strings.HasPrefix(kind, "EC"):
		return []string{"sign", "verify"}
	}
	return []string{"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"}
}

func getKey(one *call) (any, error) {
	i, v, err := one.pick()
	if err != nil {
		return nil, err
	}
	return one.keyBundle(i, v), nil
}

func updateKey(one *call) (any, error) {
	i, v, err := one.pick()
	if err != nil {
		return nil, err
	}
	v.set(one.in, one.Now().Unix())
	if ops, has := one.in["key_ops"]; has {
		v.Key.Operations = operations(ops, v.Key.Kind)
	}
	if release, has := one.in["release_policy"].(arm.Object); has {
		v.Release = release
	}
	return one.keyBundle(i, v), one.store(keys, i)
}

func rotatedKeySpec(one *call) (*keySpec, error) {
	_, v, err := one.pick()
	if err != nil {
		return nil, err
	}
	s := &keySpec{kind: v.Key.Kind, curve: v.Key.Curve, size: defaultBits}
	if signer, err := v.Key.signer(); err == nil {
		s.size = bits(signer.Public(), s.size)
	}
	return s, nil
}

// rotateKey adds a version like the latest one; the rotation policy says when it expires.
func rotateKey(one *call) (any, error) {
	i, last, err := one.pick()
	if err != nil {
		return nil, err
	}
	v := one.newVersion()
	v.Key, v.Tags, v.Release = one.made, last.Tags, last.Release
	v.Key.Operations = last.Key.Operations
	if life, _ := arm.Lookup(i.Policy, "attributes.expiryTime"); life != nil {
		text, _ := life.(string)
		v.Expires = addPeriod(one.Now(), text).Unix()
	}
	i.Versions = append(i.Versions, v)
	return one.keyBundle(i, &v), one.store(keys, i)
}

func (one *call) keyBundle(i *item, v *version) arm.Object {
	id := one.url(keys, i.Name, v.ID)
	attributes := one.attributes(v)
	attributes["exportable"] = v.Release != nil
	out := arm.Object{"key": v.Key.jwk(id), "attributes": attributes, "tags": v.Tags}
	if i.Managed {
		out["managed"] = true
	}
	if v.Release != nil {
		out["release_policy"] = v.Release
	}
	return out
}

// getRotation shows the policy; a key without one notifies a month before it expires.
func getRotation(one *call) (any, error) {
	i, err := one.live(keys, one.name)
	if err != nil {
		return nil, err
	}
	if i.Policy != nil {
		return i.Policy, nil
	}
	return arm.Object{"id": one.url(keys, i.Name, "rotationpolicy"), "attributes": arm.Object{}, "lifetimeActions": []any{notifyAction()}}, nil
}

func notifyAction() arm.Object {
	return arm.Object{"trigger": arm.Object{"timeBeforeExpiry": "P30D"}, "action": arm.Object{"type": "Notify"}}
}

func setRotation(one *call) (any, error) {
	i, err := one.live(keys, one.name)
	if err != nil {
		return nil, err
	}
	now, created := one.Now().Unix(), one.Now().Unix()
	if before, has := arm.Lookup(i.Policy, "attributes.created"); has {
		if at, is := before.(float64); is {
			created = int64(at)
		}
	}
	attributes := arm.Object{"created": created, "updated": now}
	if life, has := arm.Lookup(one.in, "attributes.expiryTime"); has && life != nil && life != "" {
		if text, _ := life.(string); !period(text) {
			return nil, badParameter("Property has invalid value: expiryTime must be a period such as P1Y or P90D.")
		}
		attributes["expiryTime"] = life
	}
	actions, _ := one.in["lifetimeActions"].([]any)
	if !notifies(actions) {
		actions = append(actions, notifyAction())
	}
	i.Policy = arm.Object{"id": one.url(keys, i.Name, "rotationpolicy"), "attributes": attributes, "lifetimeActions": actions}
	return i.Policy, one.store(keys, i)
}

func notifies(actions []any) bool {
	raw, err := json.Marshal(actions)
	return err == nil && regexp.MustCompile(`(?i)"type":"notify"`).Match(raw)
}
