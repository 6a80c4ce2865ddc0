package cors

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
)

const maxOrigins = 256

// origins are those whose pages may read answers. The origin null, which any
// page can give itself, is never one.
type origins struct {
	any      bool
	exact    map[string]struct{}
	patterns []pattern
}

// pattern is scheme://*.name[:port]; every label under the name is meant.
type pattern struct{ scheme, suffix string }

func (o *origins) has(origin string) bool {
	if o.any {
		return true
	}
	if _, ok := o.exact[origin]; ok {
		return true
	}
	for _, p := range o.patterns {
		if label, ok := strings.CutPrefix(origin, p.scheme); ok {
			if label, ok = strings.CutSuffix(label, p.suffix); ok && labels(label) {
				return true
			}
		}
	}
	return false
}

// labels tells that a text is labels of a host and nothing else, such as
// another host with a path.
func labels(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return text != "" && text[0] != '.' && text[len(text)-1] != '.' && !strings.Contains(text, "..")
}

func readOrigins(r *spec.Reader, d document) *origins {
	o := &origins{exact: map[string]struct{}{}}
	if len(d.Origins) == 0 || len(d.Origins) > maxOrigins {
		r.Add("origins", "", "a policy has 1 to %d origins", maxOrigins)
	}
	for i, text := range d.Origins {
		o.read(r, "origins["+strconv.Itoa(i)+"]", text, d.Credentials)
	}
	return o
}

func (o *origins) read(r *spec.Reader, path, text string, credentials bool) {
	switch {
	case text == "*" && credentials:
		r.Add(path, "name the origins", "with credentials every page of the web could read what a person may")
		return
	case text == "*":
		o.any = true
		return
	case strings.EqualFold(text, "null"):
		r.Add(path, "name the origin that the page is served from", "null is no origin: any page can have it")
		return
	}
	const fix = "write it as https://shop.example.com, with a port where it has one and without a path, or as https://*.example.com"
	u, err := url.Parse(strings.Replace(text, "://*.", "://", 1))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Host, "*") {
		r.Add(path, fix, "%q is no origin of web pages", text)
		return
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port != "" && (u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80") {
		host = strings.TrimSuffix(host, ":"+port)
	}
	if !strings.Contains(text, "://*.") {
		o.exact[u.Scheme+"://"+host] = struct{}{}
		return
	}
	if !registered(strings.ToLower(u.Hostname())) {
		r.Add(path, "name a domain of your own after the star", "anybody may have a name under %s", u.Hostname())
		return
	}
	o.patterns = append(o.patterns, pattern{u.Scheme + "://", "." + host})
}

// registered tells that all names under a host have one owner.
func registered(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	_, err := publicsuffix.EffectiveTLDPlusOne(host)
	return err == nil
}
