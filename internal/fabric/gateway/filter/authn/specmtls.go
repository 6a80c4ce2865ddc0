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
	c := &certificates{name: name, filter: r.f, kind: r.kind, tenant: r.policy.Scope.Tenant}
	r.f.certificates = true
	r.place(v, "connection's", "certificate")
	o := v.Object(spec.Fields(mtlsDoc{})...)
	if at, ok := o.Get("authorities"); ok {
		c.roots = x509.NewCertPool()
		bundle, _ := at.String()
		if n, why := authorities(c.roots, bundle); why != "" {
			at.Problem("give certificates of authorities, as PEM", "%s", why)
		} else if n == 0 {
			at.Problem("give certificates of authorities, as PEM", "there is no certificate in it")
		}
	}
	if at, ok := o.Get("platformAuthority"); ok {
		if c.platform, _ = at.Bool(); c.platform && r.kind.Workloads == nil {
			at.Problem("name the authorities as PEM", "this gateway has no authority of its own")
		}
	}
	if o.OK() && c.roots == nil && !c.platform {
		v.Problem("give the certificates of the authorities as PEM (authorities), or say platformAuthority: true", "no authority is trusted")
	}
	if list, ok := o.Get("allow"); ok {
		list.Items(func(_ int, item yamldoc.Value) { c.rules = append(c.rules, allowance(item, c.platform)) })
	}
	return c
}

// allowance reads which certificates are taken.
func allowance(v yamldoc.Value, platform bool) rule {
	o := v.Object(spec.Fields(allowanceDoc{})...)
	one := rule{
		commonName: text(o, "commonName"), organization: text(o, "organization"), dns: text(o, "dnsName"), uri: text(o, "uri"), email: text(o, "email"),
		project: text(o, "project"), stage: text(o, "stage"), workload: text(o, "workload"), scopes: texts(o, "scopes"),
	}
	patterns := []string{one.commonName, one.organization, one.dns, one.uri, one.email, one.project, one.stage, one.workload}
	if o.OK() && strings.Join(patterns, "") == "" {
		v.Problem("name one of project, stage, workload, commonName, organization, dnsName, uri and email", "it says nothing of the certificate")
	}
	if one.ofWorkload() && !platform {
		v.Problem("say platformAuthority: true, or name the workload as its authority does, with uri",
			"project, stage and workload are told by Terrace's own authority, which the policy does not trust")
	}
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			v.Problem("use * for what is between two slashes", "%q is no pattern", p)
		}
	}
	return one
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
