package vault

import (
	"crypto/sha1" //nolint:gosec // a thumbprint is SHA-1 by definition, and protects nothing
	"encoding/base64"
	"net/http"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// pending is the operation that makes a certificate.
type pending struct {
	Version   string `json:"version"`
	Request   []byte `json:"request"`
	Status    string `json:"status"`
	RequestID string `json:"requestId"`
	Cancelled bool   `json:"cancelled,omitempty"`
}

// The states of an operation.
const (
	inProgress = "inProgress"
	completed  = "completed"
	cancelled  = "cancelled"
)

// certificateKeySpec says which key a new certificate needs: none when its policy reuses the one it has.
func certificateKeySpec(one *call) (*keySpec, error) {
	i, err := one.fresh(certificates, one.name)
	if err != nil {
		return nil, err
	}
	p, err := one.wantedPolicy(i)
	if err != nil {
		return nil, err
	}
	if p.reuses() && one.lastKey(i) != nil {
		return nil, nil //nolint:nilnil // no key is needed
	}
	s := p.key()
	return s, s.check(one.vault)
}

// lastKey is the private key of a certificate's latest version.
func (one *call) lastKey(i *item) *material {
	key := one.load(keys, i.Name)
	if key == nil || key.at("") == nil {
		return nil
	}
	return key.at("").Key
}

func createCertificate(one *call) (any, error) {
	i, err := one.fresh(certificates, one.name)
	if err != nil {
		return nil, err
	}
	p, err := one.wantedPolicy(i)
	if err != nil {
		return nil, err
	}
	if one.taken() {
		return nil, refuse(http.StatusConflict, "Conflict", "A key or a secret named %s exists already and belongs to no certificate.", one.name)
	}
	key := one.made
	if key == nil {
		key = one.lastKey(i)
	}
	i.Policy = p.document(one, i)
	v := one.newVersion()
	request, err := p.request(key)
	if err != nil {
		return nil, err
	}
	i.Pending = &pending{Version: v.ID, Request: request, Status: inProgress, RequestID: one.NewHex(16)}
	chain, err := one.issue(p, key)
	if err != nil {
		return nil, err
	}
	if chain == nil {
		v.Enabled = false
	}
	started := one.pendingBundle(i)
	return started, one.keepVersion(i, v, key, chain)
}

// taken tells whether a key or a secret of the name stands in the way.
func (one *call) taken() bool {
	for _, kind := range []string{keys, secrets} {
		if other := one.load(kind, one.name); other != nil && !other.Managed {
			return true
		}
	}
	return false
}

// keepVersion stores a version with its key and, once it is signed, its secret. A nil chain waits for a signature.
func (one *call) keepVersion(i *item, v version, key *material, chain [][]byte) error {
	if len(chain) > 0 {
		v.Certificate = chain[0]
		setValidity(&v)
		if i.Pending != nil {
			i.Pending.Status = completed
		}
	}
	if old := i.at(v.ID); old != nil {
		*old = v
	} else {
		i.Versions = append(i.Versions, v)
	}
	if err := one.store(certificates, i); err != nil {
		return err
	}
	p := policyOf(i)
	held := v
	held.Certificate, held.Key = nil, key
	held.Key.Operations = operations(nil, key.Kind)
	if err := one.keepManaged(keys, i.Name, held); err != nil || chain == nil {
		return err
	}
	value, err := p.secret(key, chain)
	if err != nil {
		return err
	}
	held.Key, held.Value, held.ContentType = nil, value, p.contentType()
	return one.keepManaged(secrets, i.Name, held)
}

func (one *call) keepManaged(kind, name string, v version) error {
	i := one.load(kind, name)
	if i == nil {
		i = &item{Name: name, Managed: true}
	}
	if old := i.at(v.ID); old != nil {
		*old = v
	} else {
		i.Versions = append(i.Versions, v)
	}
	return one.store(kind, i)
}

func getCertificate(one *call) (any, error) {
	i, v, err := one.pick()
	if err != nil {
		return nil, err
	}
	return one.certificateBundle(i, v), nil
}

func updateCertificate(one *call) (any, error) {
	i, v, err := one.pick()
	if err != nil {
		return nil, err
	}
	v.set(one.in, one.Now().Unix())
	if _, has := one.in["policy"].(arm.Object); has {
		p, err := one.wantedPolicy(i)
		if err != nil {
			return nil, err
		}
		i.Policy = p.document(one, i)
	}
	return one.certificateBundle(i, v), one.store(certificates, i)
}

func getPolicy(one *call) (any, error) {
	i, err := one.live(certificates, one.name)
	if err != nil {
		return nil, err
	}
	return i.Policy, nil
}

func setPolicy(one *call) (any, error) {
	i, err := one.live(certificates, one.name)
	if err != nil {
		return nil, err
	}
	one.in = arm.Object{"policy": one.in}
	p, err := one.wantedPolicy(i)
	if err != nil {
		return nil, err
	}
	i.Policy = p.document(one, i)
	return i.Policy, one.store(certificates, i)
}

func (one *call) certificateBundle(i *item, v *version) arm.Object {
	out := arm.Object{
		"id": one.url(certificates, i.Name, v.ID), "kid": one.url(keys, i.Name, v.ID), "attributes": one.attributes(v), "policy": i.Policy, "tags": v.Tags,
	}
	if len(v.Certificate) > 0 {
		out["sid"] = one.url(secrets, i.Name, v.ID)
		out["x5t"], out["cer"] = thumbprint(v.Certificate), base64.StdEncoding.EncodeToString(v.Certificate)
	}
	if i.Pending != nil {
		out["pending"] = arm.Object{"id": one.url(certificates, i.Name, "pending")}
	}
	return out
}

func thumbprint(certificate []byte) string {
	sum := sha1.Sum(certificate) //nolint:gosec // as above
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
