package vault

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"net/http"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

func (one *call) withPending() (*item, error) {
	i, err := one.live(certificates, one.name)
	if err != nil {
		return nil, err
	}
	if i.Pending == nil {
		return nil, refuse(http.StatusNotFound, "PendingCertificateNotFound", "Pending certificate not found: %s", one.name)
	}
	return i, nil
}

func getPending(one *call) (any, error) {
	i, err := one.withPending()
	if err != nil {
		return nil, err
	}
	return one.pendingBundle(i), nil
}

func cancelPending(one *call) (any, error) {
	i, err := one.withPending()
	if err != nil {
		return nil, err
	}
	if asked, _ := one.in["cancellation_requested"].(bool); asked && i.Pending.Status == inProgress {
		i.Pending.Cancelled, i.Pending.Status = true, cancelled
	}
	return one.pendingBundle(i), one.store(certificates, i)
}

func deletePending(one *call) (any, error) {
	i, err := one.withPending()
	if err != nil {
		return nil, err
	}
	out := one.pendingBundle(i)
	i.Pending = nil
	return out, one.store(certificates, i)
}

// mergeCertificate takes what somebody else signed for the request of a pending certificate.
func mergeCertificate(one *call) (any, error) {
	i, err := one.withPending()
	if err != nil {
		return nil, err
	}
	v := i.at(i.Pending.Version)
	key := one.load(keys, i.Name).at(i.Pending.Version)
	if i.Pending.Status != inProgress || v == nil || key == nil {
		return nil, refuse(http.StatusForbidden, "Forbidden", "The certificate %s waits for no signature.", i.Name)
	}
	chain, err := chainOf(one.in["x5c"])
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, badParameter("x5c: %v", err)
	}
	if signer, err := key.Key.signer(); err != nil || !sameKey(leaf.PublicKey, signer.Public()) {
		return nil, badParameter("The public key of the end-entity certificate in the specified X.509 certificate content does not match the public part of the specified private key.")
	}
	merged := *v
	merged.Enabled = true
	merged.set(one.in, one.Now().Unix())
	if err := one.keepVersion(i, merged, key.Key, chain); err != nil {
		return nil, err
	}
	return one.certificateBundle(i, &merged), nil
}

func sameKey(a, b any) bool {
	left, err := x509.MarshalPKIXPublicKey(a)
	if err != nil {
		return false
	}
	right, err := x509.MarshalPKIXPublicKey(b)
	return err == nil && bytes.Equal(left, right)
}

func chainOf(x5c any) (chain [][]byte, err error) {
	list, _ := x5c.([]any)
	for _, one := range list {
		text, _ := one.(string)
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, badParameter("x5c: %v", err)
		}
		chain = append(chain, raw)
	}
	if len(chain) == 0 {
		return nil, badParameter("x5c must have a certificate")
	}
	return chain, nil
}

func (one *call) pendingBundle(i *item) arm.Object {
	out := arm.Object{
		"id": one.url(certificates, i.Name, "pending"), "issuer": i.Policy["issuer"], "csr": base64.StdEncoding.EncodeToString(i.Pending.Request),
		"cancellation_requested": i.Pending.Cancelled, "status": i.Pending.Status, "request_id": i.Pending.RequestID,
	}
	switch i.Pending.Status {
	case completed:
		out["target"] = one.url(certificates, i.Name)
	case inProgress:
		out["status_details"] = "Pending certificate created. Please Perform Merge to complete the request."
	}
	return out
}
