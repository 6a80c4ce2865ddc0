package authn

import (
	"crypto/x509"
	"encoding/pem"
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

func (r *reader) mtls(name string, v yamldoc.Value) way {
	c := &certificates{name: name, filter: r.f, kind: r.kind, roots: x509.NewCertPool()}
	r.f.certificates = true
	r.place(v, "connection's", "certificate")
	o := v.Object(spec.Fields(mtlsDoc{})...)
	if at, ok := o.Require("authorities", "give the certificates of the authorities, as PEM"); ok {
		bundle, _ := at.String()
		if n, why := authorities(c.roots, bundle); why != "" {
			at.Problem("give certificates of authorities, as PEM", "%s", why)
		} else if n == 0 {
			at.Problem("give certificates of authorities, as PEM", "there is no certificate in it")
		}
	}
	if list, ok := o.Get("allow"); ok {
		list.Items(func(_ int, item yamldoc.Value) {
			of := item.Object(spec.Fields(allowanceDoc{})...)
			one := rule{text(of, "commonName"), text(of, "organization"), text(of, "dnsName"), text(of, "uri"), text(of, "email"), texts(of, "scopes")}
			patterns := []string{one.commonName, one.organization, one.dns, one.uri, one.email}
			if of.OK() && strings.Join(patterns, "") == "" {
				item.Problem("name one of commonName, organization, dnsName, uri and email", "it says nothing of the certificate")
			}
			for _, p := range patterns {
				if _, err := path.Match(p, ""); err != nil {
					item.Problem("use * for what is between two slashes", "%q is no pattern", p)
				}
			}
			c.rules = append(c.rules, one)
		})
	}
	return c
}

func authorities(pool *x509.CertPool, bundle string) (n int, why string) {
	for rest := []byte(bundle); ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return n, ""
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		switch {
		case block.Type != "CERTIFICATE" || err != nil:
			return n, "a part of it is no certificate"
		case !cert.IsCA:
			return n, "the certificate of " + cert.Subject.String() + " is not an authority's"
		}
		pool.AddCert(cert)
	}
}
