package acme

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/asn1"
	"net"
	"strings"
)

// tlsALPN01 is RFC 8737 §3.
func (p Probe) tlsALPN01(ctx context.Context, c Sought) *Problem {
	address := net.JoinHostPort(c.Name, p.tlsPort())
	conn, err := p.dial(ctx, c.Scope, "tcp", c.Name, p.tlsPort())
	if err != nil {
		return unreached(address, err)
	}
	defer func() { _ = conn.Close() }()
	client := tls.Client(conn, &tls.Config{
		ServerName: c.Name, NextProtos: []string{alpn}, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // the certificate is the answer, and signs itself
	})
	if err := client.HandshakeContext(ctx); err != nil {
		return Problemf(TLS, "the handshake with %s fails: %s", address, cut(err.Error()))
	}
	state := client.ConnectionState()
	if state.NegotiatedProtocol != alpn {
		return Problemf(Unauthorized, "%s does not speak %s", address, alpn)
	}
	if len(state.PeerCertificates) == 0 {
		return Problemf(Unauthorized, "%s shows no certificate", address)
	}
	leaf := state.PeerCertificates[0]
	if len(leaf.DNSNames) != 1 || !strings.EqualFold(leaf.DNSNames[0], c.Name) || len(leaf.IPAddresses)+len(leaf.URIs)+len(leaf.EmailAddresses) > 0 {
		return Problemf(Unauthorized, "the certificate of %s is not for %s alone", address, c.Name)
	}
	if leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) != nil {
		return Problemf(Unauthorized, "the certificate of %s does not sign itself", address)
	}
	sum := sha256.Sum256([]byte(c.Authorization))
	for _, e := range leaf.Extensions {
		var digest []byte
		if !e.Id.Equal(acmeIdentifier()) {
			continue
		}
		rest, err := asn1.Unmarshal(e.Value, &digest)
		if err == nil && len(rest) == 0 && e.Critical && subtle.ConstantTimeCompare(digest, sum[:]) == 1 {
			return nil
		}
	}
	return Problemf(IncorrectResponse, "the certificate of %s has no critical acmeIdentifier with the digest of the key authorization", address)
}

const alpn = "acme-tls/1"

// acmeIdentifier is the extension's id (RFC 8737 §6.1).
func acmeIdentifier() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}
}
