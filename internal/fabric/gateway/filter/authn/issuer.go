package authn

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// How often issuers are asked. An unknown key has one asked again, at most once in
// askAgain, whoever sends how many tokens with it.
const (
	askTimeout = 10 * time.Second
	askAgain   = 10 * time.Second
	keepKeys   = 10 * time.Minute
	// waitKeys is how long a request waits for keys that are not known.
	waitKeys  = 5 * time.Second
	maxAnswer = 1 << 20
	maxKeys   = 64
	minRSA    = 2048
)

// source is where an issuer's keys come from: by discovery where jwks is empty.
type source struct {
	issuer, jwks string
	// login says that people sign in there: then its addresses are needed, too.
	login bool
}

// metadata is what an issuer says of itself (OpenID Connect Discovery §3, RFC 8414 §2).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Keys          string   `json:"jwks_uri"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Methods       []string `json:"token_endpoint_auth_methods_supported"`
	// SaysIssuer says that its answers name it (RFC 9207 §3).
	SaysIssuer bool `json:"authorization_response_iss_parameter_supported"`
}

// issuer is one that tokens are taken of, with its keys. Those that were read last
// are good for as long as it cannot be asked.
type issuer struct {
	source
	kind   *Kind
	client *http.Client

	known atomic.Pointer[keys]

	mu sync.Mutex
	// asked is when it was asked last, asking ends with what is going on.
	asked  time.Time
	asking chan struct{}
}

func newIssuer(k *Kind, s source) *issuer {
	address := s.issuer
	if s.jwks != "" {
		address = s.jwks
	}
	i := &issuer{source: s, kind: k}
	guard := k.Guard
	if i.own() { // who runs Terrace has said where it is, and no tenant
		guard.Allow = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	}
	i.client = guard.Client(address, askTimeout, maxAnswer)
	return i
}

// own tells that it is Terrace's own provider, wherever a policy says that its keys are.
func (i *issuer) own() bool {
	return i.kind.Own != nil && i.issuer == i.kind.Own.Issuer()
}

// foreign tells that Terrace's own provider speaks of somebody of another tenant, who could
// have its tokens name any audience.
func (i *issuer) foreign(claims map[string]any, tenant string) bool {
	return i.own() && claims["tenant"] != tenant
}

// current returns the keys, and has them read again in the background when they are old;
// nil is none yet.
func (i *issuer) current(now time.Time) *keys {
	k := i.known.Load()
	if k == nil || now.Sub(k.read) > i.life() {
		i.ask(now)
	}
	return k
}

func (i *issuer) life() time.Duration {
	if i.own() && !i.login {
		return time.Second // it costs no call
	}
	return keepKeys
}

// renewed waits for the keys that the issuer has now, unless it was asked just now.
func (i *issuer) renewed(ctx context.Context, now time.Time) *keys {
	if going := i.ask(now); going != nil {
		timer := time.NewTimer(waitKeys)
		defer timer.Stop()
		select {
		case <-going:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return i.known.Load()
}

// ask begins to ask the issuer, and returns what ends with the answer; nil where it
// was asked just now.
func (i *issuer) ask(now time.Time) chan struct{} {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.asking != nil {
		return i.asking
	}
	again := askAgain
	if i.own() && !i.login {
		again = i.life()
	}
	if since := now.Sub(i.asked); !i.asked.IsZero() && since >= 0 && since < again {
		return nil
	}
	going := make(chan struct{})
	i.asked, i.asking = now, going
	i.kind.background(askTimeout, func(ctx context.Context) {
		defer func() {
			i.mu.Lock()
			i.asking = nil
			i.mu.Unlock()
			close(going)
		}()
		if err := i.read(ctx); err != nil {
			i.kind.Log.WarnContext(ctx, "the keys of an issuer of tokens cannot be read: those before stay", "issuer", i.issuer, "jwks", i.jwks, "error", err)
		}
	})
	return going
}

// read replaces the keys by those that the issuer has.
func (i *issuer) read(ctx context.Context) error {
	var m metadata
	if i.jwks == "" && (i.login || !i.own()) {
		var err error
		if m, err = i.discover(ctx); err != nil {
			return err
		}
	}
	set, err := i.fetch(ctx, cmp.Or(i.jwks, m.Keys))
	if err != nil {
		return err
	}
	fresh := &keys{meta: m, byID: map[string][]jose.JSONWebKey{}, read: i.kind.Clock.Now()}
	for _, key := range set.Keys {
		if usable(key) && len(fresh.all) < maxKeys {
			fresh.all = append(fresh.all, key)
			fresh.byID[key.KeyID] = append(fresh.byID[key.KeyID], key)
		}
	}
	if len(fresh.all) == 0 {
		return errors.New("it has no public key that signs")
	}
	if before := i.known.Load(); before != nil {
		if fresh.turn = before.turn; !reflect.DeepEqual(before.all, fresh.all) {
			fresh.turn++
		}
	}
	i.known.Store(fresh)
	return nil
}

func (i *issuer) fetch(ctx context.Context, address string) (jose.JSONWebKeySet, error) {
	if i.own() {
		return i.kind.Own.Keys(ctx) //nolint:wrapcheck // it says whose they are
	}
	// A key that nobody here can read costs the others nothing.
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := i.get(ctx, address, &raw); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	var set jose.JSONWebKeySet
	for _, one := range raw.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(one, &key) == nil {
			set.Keys = append(set.Keys, key)
		}
	}
	return set, nil
}

// discover reads what the issuer says of itself, which has to name it.
func (i *issuer) discover(ctx context.Context) (metadata, error) {
	var m metadata
	if err := i.get(ctx, strings.TrimSuffix(i.issuer, "/")+"/.well-known/openid-configuration", &m); err != nil {
		return m, err
	}
	if m.Issuer != i.issuer {
		return m, fmt.Errorf("it says that it is %.120q", m.Issuer)
	}
	needed := map[string]string{"jwks_uri": m.Keys}
	if i.login {
		needed["authorization_endpoint"], needed["token_endpoint"] = m.Authorization, m.Token
	}
	clear := strings.HasPrefix(i.issuer, "http:")
	for name, address := range needed {
		if why := wrongAddress(address, clear); why != "" {
			return m, fmt.Errorf("its %s %.120q %s", name, address, why)
		}
	}
	for _, address := range []*string{&m.EndSession, &m.Revocation, &m.UserInfo} {
		if *address != "" && wrongAddress(*address, clear) != "" {
			*address = ""
		}
	}
	return m, nil
}

func (i *issuer) get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := i.client.Do(req)
	if err != nil {
		return err //nolint:wrapcheck // it names the address
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, resp.Status)
	}
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	return nil
}

// wrongAddress says why an address cannot be called, "" where it can.
func wrongAddress(text string, clear bool) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Fragment != "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return "is no address of the web"
	case u.Scheme == "http" && !clear:
		return "would be called in the clear"
	}
	return ""
}
