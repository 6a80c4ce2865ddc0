package workloadapi

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
)

// The names of secrets that every workload has; its SPIFFE ID and the id of its trust domain
// are others of the same.
const (
	// OwnCertificate is the workload's certificate with its key.
	OwnCertificate = bootstrap.CertificateSecret
	// Roots is whom the trust domain trusts.
	Roots = bootstrap.RootsSecret
)

// id is the workload's SPIFFE ID, domain that of its trust domain.
func (f *follower) id() string     { return f.of.URI(f.service.config.Trust.Domain()).String() }
func (f *follower) domain() string { return "spiffe://" + f.service.config.Trust.Domain() }

func (f *follower) knows(name string) bool {
	return slices.Contains([]string{everything, OwnCertificate, f.id(), Roots, f.domain()}, name)
}

// take has the stream be told what holds now.
func (f *follower) take(ctx context.Context) error {
	if err := f.still(ctx); err != nil {
		return err
	}
	c, err := f.service.current(ctx, f.held)
	if err != nil {
		return err
	}
	bundle, crls, err := f.service.trusted(ctx)
	if err != nil {
		return err
	}
	own, roots := certificate(c), trusting(bundle, crls)
	var all []types.Resource
	for _, name := range []string{OwnCertificate, f.id()} {
		all = append(all, &tlsv3.Secret{Name: name, Type: own})
	}
	for _, name := range []string{Roots, f.domain()} {
		all = append(all, &tlsv3.Secret{Name: name, Type: roots})
	}
	sum := sha256.New()
	for _, part := range append([][]byte{c.chain, bundle}, crls...) {
		sum.Write(part)
	}
	snapshot := &cachev3.Snapshot{}
	snapshot.Resources[types.Secret] = cachev3.NewResources(hex.EncodeToString(sum.Sum(nil)[:16]), all)
	return f.cache.SetSnapshot(ctx, self, snapshot) //nolint:wrapcheck // a status of gRPC, or the end of ctx
}

func certificate(c *svid) *tlsv3.Secret_TlsCertificate {
	return &tlsv3.Secret_TlsCertificate{TlsCertificate: &tlsv3.TlsCertificate{
		CertificateChain: inline(certificates(c.chain)),
		PrivateKey:       inline(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: c.key})),
	}}
}

// trusting is whom the trust domain trusts. An Envoy that has a list of what was revoked refuses
// whoever is signed by an authority without one. So it gets lists only where every authority has
// its own, which one whose key is gone has no more.
func trusting(bundle []byte, crls [][]byte) *tlsv3.Secret_ValidationContext {
	out := &tlsv3.CertificateValidationContext{TrustedCa: inline(certificates(bundle))}
	if listed(bundle, crls) {
		var all []byte
		for _, crl := range crls {
			all = append(all, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: crl})...)
		}
		out.Crl, out.OnlyVerifyLeafCertCrl = inline(all), true // authorities sign workloads themselves
	}
	return &tlsv3.Secret_ValidationContext{ValidationContext: out}
}

// listed tells whether each authority of a bundle has a list.
func listed(bundle []byte, crls [][]byte) bool {
	authorities, err := x509.ParseCertificates(bundle)
	if err != nil {
		return false
	}
	for _, authority := range authorities {
		if !slices.ContainsFunc(crls, func(der []byte) bool {
			crl, err := x509.ParseRevocationList(der)
			return err == nil && string(crl.AuthorityKeyId) == string(authority.SubjectKeyId)
		}) {
			return false
		}
	}
	return true
}

// certificates writes those that follow each other as DER as PEM.
func certificates(der []byte) (out []byte) {
	all, _ := x509.ParseCertificates(der) // they were made of certificates
	for _, c := range all {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

func inline(b []byte) *corev3.DataSource {
	return &corev3.DataSource{Specifier: &corev3.DataSource_InlineBytes{InlineBytes: b}}
}
