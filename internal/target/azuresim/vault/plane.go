package vault

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	// Type is the type of vaults in Resource Manager.
	Type = "Microsoft.KeyVault/vaults"

	keys         = "keys"
	secrets      = "secrets"
	certificates = "certificates"

	// maxBody bounds a request: a certificate with its chain is far smaller.
	maxBody = 1 << 20
)

// Plane serves the vaults' hosts.
type Plane struct {
	engine *arm.Engine
	routes []route
}

// New makes the data plane of an engine's vaults.
func New(engine *arm.Engine) *Plane {
	return &Plane{engine: engine, routes: routes()}
}

// call is one request to one vault.
type call struct {
	*arm.Context
	vault *arm.Resource
	// kind is keys, secrets or certificates, name and version what the path names.
	kind, name, version string
	// issuer is the certificate authority that the path names.
	issuer string
	in     arm.Object
	query  map[string]string
	// made is the key that the route asked for, made before the transaction.
	made *material
}

// ServeHTTP answers a request whose host is <vault>.vault.<domain>.
func (p *Plane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller, err := p.engine.Authenticate(r)
	if err != nil {
		p.refuse(w, err)
		return
	}
	if p.engine.Intercept(w, r) { // clients ask without a token first, to learn where to get one
		return
	}
	found, one, err := p.find(r)
	if err != nil {
		p.refuse(w, err)
		return
	}
	status, body, err := p.serve(r, caller, found, one)
	if err != nil {
		p.refuse(w, err)
		return
	}
	send(w, status, body)
}

// serve runs a route: checks and reads first, makes a key outside of any transaction, then writes.
func (p *Plane) serve(r *http.Request, caller arm.Caller, to route, one call) (status int, body any, err error) {
	status = to.status
	if status == 0 {
		status = http.StatusOK
	}
	var wanted *keySpec
	err = p.engine.Read(caller, func(c *arm.Context) error {
		if err := one.enter(c, r.Host, to); err != nil {
			return err
		}
		if to.makes != nil {
			if wanted, err = to.makes(&one); err != nil {
				return err
			}
		}
		if r.Method == http.MethodGet {
			body, err = to.run(&one)
		}
		return err
	})
	if err != nil || r.Method == http.MethodGet {
		return status, body, err
	}
	if wanted != nil {
		if one.made, err = wanted.make(); err != nil {
			return 0, nil, err
		}
	}
	err = p.engine.Write(r.Context(), caller, func(c *arm.Context) error {
		if err := one.enter(c, r.Host, to); err != nil {
			return err
		}
		body, err = to.run(&one)
		return err
	})
	return status, body, err
}

// find picks the route of a request and reads its body.
func (p *Plane) find(r *http.Request) (route, call, error) {
	one := call{in: arm.Object{}, query: map[string]string{}}
	for name, values := range r.URL.Query() {
		one.query[strings.ToLower(name)] = values[0]
	}
	if one.query["api-version"] == "" {
		return route{}, one, badParameter("api-version must be specified")
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	for _, to := range p.routes {
		if to.method == r.Method && to.match(path, &one) {
			return to, one, readBody(r, &one)
		}
	}
	return route{}, one, refuse(http.StatusNotFound, "NotFound", "The simulated Key Vault does not know %s %s.", r.Method, r.URL.Path)
}

func readBody(r *http.Request, one *call) error {
	if r.Method == http.MethodGet || r.ContentLength == 0 {
		return nil
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody)).Decode(&one.in); err != nil {
		return badParameter("the body is no JSON object")
	}
	return nil
}

// enter finds the vault of a host and checks that the caller gets in.
func (one *call) enter(c *arm.Context, host string, to route) error {
	one.Context, one.vault = c, nil
	name, _, _ := strings.Cut(strings.ToLower(host), ".")
	for _, v := range c.Under("", Type) {
		if strings.EqualFold(v.Name(), name) {
			one.vault = v
		}
	}
	if one.vault == nil {
		return refuse(http.StatusNotFound, "VaultNotFound", "The vault %s was not found: in Azure its name would not resolve.", name)
	}
	if err := one.reaches(); err != nil {
		return err
	}
	return one.allowed(to)
}

// url writes the address of something in the vault.
func (one *call) url(parts ...string) string {
	return strings.TrimSuffix(one.vault.Str("properties.vaultUri"), "/") + "/" + strings.Join(parts, "/")
}
