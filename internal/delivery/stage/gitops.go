package stage

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strings"
)

// GitOps says where a stage with the runtime kubernetes keeps its manifests, and
// what it finds in the cluster. All of it may be empty.
type GitOps struct {
	// Repository is https://…, ssh://…, user@host:path or file:///path of a bare
	// repository; empty is one that Terrace makes itself.
	Repository string `json:"repository,omitempty" yaml:"repository,omitempty" koanf:"repository"`
	// Branch is main where it is empty.
	Branch string `json:"branch,omitempty" yaml:"branch,omitempty" koanf:"branch"`
	// Path is the folder in which the layout begins; empty is the root.
	Path string `json:"path,omitempty" yaml:"path,omitempty" koanf:"path"`
	// Username goes with the token; some servers want a certain one.
	Username string `json:"username,omitempty" yaml:"username,omitempty" koanf:"username"`
	// TokenFile and TokenVariable say where the token of an https repository is.
	TokenFile     string `json:"tokenFile,omitempty" yaml:"tokenFile,omitempty" koanf:"tokenFile"`
	TokenVariable string `json:"tokenVariable,omitempty" yaml:"tokenVariable,omitempty" koanf:"tokenVariable"`
	// Author is who commits, as Name <address>.
	Author        string        `json:"author,omitempty" yaml:"author,omitempty" koanf:"author"`
	ParentGateway ParentGateway `json:"parentGateway,omitzero" yaml:"parentGateway,omitempty" koanf:"parentGateway"`
	// PrivateNetworks are the ranges that pods may call without saying so; nil
	// are the private ranges of RFC 1918, an empty list is none.
	PrivateNetworks []string `json:"privateNetworks,omitzero" yaml:"privateNetworks,omitempty" koanf:"privateNetworks"`
	// Mesh is that of the cluster, MeshIstio or MeshLinkerd; empty is none.
	Mesh string `json:"mesh,omitempty" yaml:"mesh,omitempty" koanf:"mesh"`
	// TrustDomain is that of its identities; empty is cluster.local.
	TrustDomain string `json:"trustDomain,omitempty" yaml:"trustDomain,omitempty" koanf:"trustDomain"`
}

// The meshes that a cluster may have.
const (
	MeshIstio   = "istio"
	MeshLinkerd = "linkerd"
)

// ParentGateway is the gateway of the cluster that routes belong to.
type ParentGateway struct {
	// Name and Namespace are terrace and gateway-system where they are empty.
	Name      string `json:"name,omitempty" yaml:"name,omitempty" koanf:"name"`
	Namespace string `json:"namespace,omitempty" yaml:"namespace,omitempty" koanf:"namespace"`
	// Section is one listener of the gateway; empty is any.
	Section string `json:"section,omitempty" yaml:"section,omitempty" koanf:"section"`
	// Sources are ranges that a gateway outside of the cluster calls from.
	Sources []string `json:"sources,omitempty" yaml:"sources,omitempty" koanf:"sources"`
}

// WithDefaults fills in what is empty and has a usual value.
func (g GitOps) WithDefaults() GitOps {
	for field, usual := range map[*string]string{
		&g.Branch: "main", &g.ParentGateway.Name: "terrace", &g.ParentGateway.Namespace: "gateway-system", &g.Author: "Terrace <terrace@localhost>",
	} {
		if *field == "" {
			*field = usual
		}
	}
	if g.PrivateNetworks == nil {
		g.PrivateNetworks = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}
	}
	return g
}

// gitops refuses what would be ignored, too: a stage that keeps nothing in Git
// has no gitops, and only https and http sign in with a token.
func (c *checker) gitops(path string, s Stage) {
	g := s.GitOps
	if s.Runtime != RuntimeKubernetes {
		if !reflect.DeepEqual(g, GitOps{}) {
			c.add(path, fmt.Sprintf("the runtime %s keeps nothing in Git", s.Runtime), "leave gitops out, or use the runtime kubernetes")
		}
		return
	}
	c.repository(path+".repository", g.Repository)
	c.token(path, g)
	if g.Branch != "" && plainBranch.FindString(g.Branch) == "" {
		c.add(path+".branch", fmt.Sprintf("%q cannot be the name of a branch", g.Branch), "use letters, digits, -, _, . and /, such as main")
	}
	if strings.Contains(g.Path, "..") {
		c.add(path+".path", fmt.Sprintf("%q leaves the repository", g.Path), "write a folder of the repository, such as clusters/dev")
	}
	if g.Author != "" {
		if _, err := mail.ParseAddress(g.Author); err != nil {
			c.add(path+".author", fmt.Sprintf("%q is no author", g.Author), "write it as Terrace <terrace@example.com>")
		}
	}
	c.mesh(path, g)
	c.networks(path+".privateNetworks", g.PrivateNetworks)
	c.networks(path+".parentGateway.sources", g.ParentGateway.Sources)
}

// plainBranch is less than Git takes: what refspecs give a meaning is left out.
var plainBranch = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_-]+)*$`)

func (c *checker) mesh(path string, g GitOps) {
	if g.Mesh != "" && g.Mesh != MeshIstio && g.Mesh != MeshLinkerd {
		c.add(path+".mesh", fmt.Sprintf("%q is no mesh that is known", g.Mesh), "use "+MeshIstio+" or "+MeshLinkerd+", or leave it out")
	}
	switch {
	case g.TrustDomain != "" && g.Mesh == "":
		c.add(path+".trustDomain", "there is no mesh whose it is", "name the mesh, or leave it out")
	case g.TrustDomain != "" && plainDomain.FindString(g.TrustDomain) == "":
		c.add(path+".trustDomain", fmt.Sprintf("%q is no domain", g.TrustDomain), "write it as cluster.local")
	}
}

// plainDomain is what the identities of a mesh end in.
var plainDomain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

func (c *checker) token(path string, g GitOps) {
	at, given := path+".tokenFile", g.TokenFile != "" || g.TokenVariable != ""
	if g.TokenFile == "" {
		at = path + ".tokenVariable"
	}
	switch {
	case g.TokenFile != "" && g.TokenVariable != "":
		c.add(at, "there is a tokenVariable as well", "keep one of them")
	case given && !strings.HasPrefix(g.Repository, "https://") && !strings.HasPrefix(g.Repository, "http://"):
		c.add(at, "only a repository at https:// is signed in to with a token", "leave it out: ssh signs in with the agent of the daemon, and a folder needs nothing")
	case !given && g.Username != "":
		c.add(path+".username", "there is no token that it goes with", "name one as tokenFile or tokenVariable, or leave the username out")
	}
}

func (c *checker) repository(path, address string) {
	u, err := url.Parse(address)
	switch {
	case address == "" || err != nil && strings.Contains(address, "@"), err == nil && u.Scheme == "" && strings.Contains(address, "@"): // user@host:path
	case err != nil:
		c.add(path, "it is no address", "write https://…, ssh://…, user@host:path or file:///path")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.add(path, "a token would go to it in the clear", "use https://…")
	case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "ssh" && u.Scheme != "file":
		c.add(path, fmt.Sprintf("%q is no address of a repository", u.Redacted()), "write https://…, ssh://…, user@host:path or file:///path")
	default:
		if _, has := u.User.Password(); has {
			c.add(path, "the address has a password in it", "put it into a file or a variable, and name that as tokenFile or tokenVariable")
		}
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (c *checker) networks(path string, ranges []string) {
	for i, text := range ranges {
		if _, err := netip.ParsePrefix(text); err != nil {
			c.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q is no range of addresses", text), "write it as 10.0.0.0/8")
		}
	}
}
