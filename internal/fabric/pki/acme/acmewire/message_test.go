package acmewire_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	xacme "golang.org/x/crypto/acme"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// raw writes messages by hand.
type raw struct {
	f   *fixture
	key crypto.Signer
	kid string
}

func (r raw) nonce(t *testing.T) string {
	t.Helper()
	answer := r.send(t, http.MethodHead, r.f.server.URL+"/acme/new-nonce", nil)
	return answer.Header.Get("Replay-Nonce")
}

func (raw) send(t *testing.T, method, address string, body []byte) *http.Response {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/jose+json")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(text))
	return answer
}

// message signs a payload for an address; change alters the header.
func (r raw) message(t *testing.T, address, payload string, change func(h map[jose.HeaderKey]any)) []byte {
	t.Helper()
	header := map[jose.HeaderKey]any{"nonce": r.nonce(t), "url": address}
	if r.kid != "" {
		header["kid"] = r.kid
	} else {
		header["jwk"] = jose.JSONWebKey{Key: r.key.Public()}
	}
	if change != nil {
		change(header)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: r.key}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(signed.FullSerialize())
}

// told is the type of the problem in an answer, or its status.
func told(t *testing.T, answer *http.Response) string {
	t.Helper()
	var p struct {
		Type   string
		Status int
	}
	if answer.StatusCode < http.StatusBadRequest {
		return http.StatusText(answer.StatusCode)
	}
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || p.Status != answer.StatusCode || answer.Header.Get("Content-Type") != "application/problem+json" || answer.Header.Get("Replay-Nonce") == "" {
		t.Errorf("%d is no problem document: %+v, %v, %v", answer.StatusCode, p, answer.Header, err)
	}
	return strings.TrimPrefix(p.Type, "urn:ietf:params:acme:error:")
}

// TestMessages has what RFC 8555 §6 says of messages.
func TestMessages(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	address := f.server.URL + "/acme/new-account"
	r := raw{f: f, key: newKey(t)}
	ok := r.message(t, address, `{}`, nil)
	fields := func(change func(m map[string]any)) []byte {
		var m map[string]any
		if err := json.Unmarshal(r.message(t, address, `{}`, nil), &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		out, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	header := func(change func(h map[jose.HeaderKey]any)) []byte { return r.message(t, address, `{}`, change) }
	for name, tc := range map[string]struct {
		body []byte
		says string
	}{
		"no nonce":        {header(func(h map[jose.HeaderKey]any) { delete(h, "nonce") }), acme.BadNonce},
		"another nonce":   {header(func(h map[jose.HeaderKey]any) { h["nonce"] = "x" }), acme.BadNonce},
		"another address": {header(func(h map[jose.HeaderKey]any) { h["url"] = f.server.URL + "/acme/new-order" }), acme.Unauthorized},
		"no address":      {header(func(h map[jose.HeaderKey]any) { delete(h, "url") }), acme.Unauthorized},
		"key and account": {header(func(h map[jose.HeaderKey]any) { h["kid"] = f.server.URL + "/acme/account/x" }), acme.Malformed},
		"neither":         {header(func(h map[jose.HeaderKey]any) { delete(h, "jwk") }), acme.Malformed},
		"an account":      {header(func(h map[jose.HeaderKey]any) { delete(h, "jwk"); h["kid"] = f.server.URL + "/acme/account/x" }), acme.AccountDoesNotExist},
		"elsewhere's":     {header(func(h map[jose.HeaderKey]any) { delete(h, "jwk"); h["kid"] = "https://example.com/acme/account/x" }), acme.AccountDoesNotExist},
		"a signature of another": {fields(func(m map[string]any) {
			m["signature"] = base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{1}, 64))
		}), acme.Malformed},
		"another payload":       {fields(func(m map[string]any) { m["payload"] = base64.RawURLEncoding.EncodeToString([]byte(`{"x":1}`)) }), acme.Malformed},
		"an unprotected header": {fields(func(m map[string]any) { m["header"] = map[string]any{"x": 1} }), acme.Malformed},
		"several signatures": {fields(func(m map[string]any) {
			m["signatures"] = []any{map[string]any{"protected": m["protected"], "signature": m["signature"]}}
			delete(m, "protected")
			delete(m, "signature")
		}), acme.Malformed},
		"no JSON":   {[]byte("x"), acme.Malformed},
		"compact":   {[]byte(`"a.b.c"`), acme.Malformed},
		"no object": {r.message(t, address, `[]`, nil), acme.Malformed},
		"too much":  {append([]byte(`{"protected":"`), bytes.Repeat([]byte("A"), 70<<10)...), acme.Malformed},
		"none": {fields(func(m map[string]any) {
			m["protected"] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","nonce":"x","url":"x"}`))
		}), acme.BadSignatureAlgorithm},
		"HMAC": {fields(func(m map[string]any) {
			m["protected"] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","nonce":"x","url":"x"}`))
		}), acme.BadSignatureAlgorithm},
	} {
		if got := told(t, r.send(t, http.MethodPost, address, tc.body)); got != tc.says {
			t.Errorf("%s: %s instead of %s", name, got, tc.says)
		}
	}
	if got := told(t, r.send(t, http.MethodPost, address, ok)); got != "Created" {
		t.Errorf("as it is meant: %s", got)
	}
	if got := told(t, r.send(t, http.MethodPost, address, ok)); got != acme.BadNonce {
		t.Errorf("again: %s", got)
	}
}

// TestPostAsGet has addresses where a payload is none to be, and one that names another account.
func TestPostAsGet(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	c := f.registered(t)
	o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs("a.dev.shop.test"))
	if err != nil {
		t.Fatal(err)
	}
	r := raw{f: f, key: c.Key, kid: string(c.KID)}
	if got := told(t, r.send(t, http.MethodPost, o.URI, r.message(t, o.URI, `{}`, nil))); got != acme.Malformed {
		t.Errorf("an order with a payload: %s", got)
	}
	if got := told(t, r.send(t, http.MethodPost, o.URI, r.message(t, o.URI, ``, nil))); got != "OK" {
		t.Errorf("an order: %s", got)
	}
	orders := string(c.KID) + "/orders"
	answer := r.send(t, http.MethodPost, orders, r.message(t, orders, ``, nil))
	var list struct{ Orders []string }
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil || len(list.Orders) != 1 || list.Orders[0] != o.URI {
		t.Errorf("the orders: %v, %v", list, err)
	}
	// The next page is at an address with a query, which is signed as well.
	orders += "?before=" + path.Base(o.URI)
	answer = r.send(t, http.MethodPost, orders, r.message(t, orders, ``, nil))
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil || answer.StatusCode != http.StatusOK || len(list.Orders) != 0 {
		t.Errorf("the orders before the only one: %d, %v, %v", answer.StatusCode, list, err)
	}
	foreign := string(f.registered(t).KID)
	if got := told(t, r.send(t, http.MethodPost, foreign, r.message(t, foreign, `{"status":"deactivated"}`, nil))); got != acme.Unauthorized {
		t.Errorf("another account: %s", got)
	}
	if err := c.RevokeAuthorization(t.Context(), o.AuthzURLs[0]); err != nil {
		t.Fatal(err)
	}
	if o, err = c.GetOrder(t.Context(), o.URI); err != nil || o.Status != xacme.StatusInvalid {
		t.Errorf("an order whose authorization was given up: %+v, %v", o, err)
	}
}

// TestReplicas has two processes on one database: what one was told the other knows, and a
// nonce is used once.
func TestReplicas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		_, second := f.replica(t)
		address := f.server.URL + "/acme/new-account"
		r := raw{f: f, key: newKey(t)}
		message := r.message(t, address, `{}`, nil)
		var mu sync.Mutex
		var group sync.WaitGroup
		answers := map[string]int{}
		for i := range 10 {
			to := []string{f.server.URL, second.URL}[i%2] + "/acme/new-account"
			group.Go(func() {
				got := told(t, r.send(t, http.MethodPost, to, message))
				mu.Lock()
				defer mu.Unlock()
				answers[got]++
			})
		}
		group.Wait()
		if answers["Created"] != 1 || answers[acme.BadNonce] != 9 {
			t.Errorf("one message ten times: %v", answers)
		}
		// Messages of one key at once make one account.
		r.key = newKey(t)
		clear(answers)
		messages := make([][]byte, 8)
		for i := range messages {
			messages[i] = r.message(t, address, `{}`, nil)
		}
		for i, m := range messages {
			to := []string{f.server.URL, second.URL}[i%2] + "/acme/new-account"
			group.Go(func() {
				got := told(t, r.send(t, http.MethodPost, to, m))
				mu.Lock()
				defer mu.Unlock()
				answers[got]++
			})
		}
		group.Wait()
		if answers["Created"] != 1 || answers["OK"] != 7 {
			t.Errorf("one key eight times: %v", answers)
		}
		// Many names are proven by both at once, and the order is ready.
		c := f.registered(t)
		names := make([]string, 12)
		for i := range names {
			names[i] = "h" + itoa(i) + ".dev.shop.test"
		}
		o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs(names...))
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range o.AuthzURLs {
			z, err := c.GetAuthorization(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			chal := challenge(t, z, acme.HTTP01)
			f.meet(t, c, z.Identifier.Value, chal)
			if _, err := c.Accept(t.Context(), chal); err != nil {
				t.Fatal(err)
			}
		}
		if o, err = c.WaitOrder(t.Context(), o.URI); err != nil || o.Status != xacme.StatusReady {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	f := sqlite(t, func(c *acme.Config) {
		c.Limits.OpenOrders, c.Limits.Orders, c.Limits.AccountsOfKey, c.Limits.OpenAccounts, c.Limits.Keys = 2, 3, 1, 2, 1
	})
	ctx, c := t.Context(), f.registered(t)
	limited := func(what string, err error) {
		t.Helper()
		wantProblem(t, what, err, acme.RateLimited)
	}
	// The client tries again what is limited, as long as it may.
	c.RetryBackoff = func(n int, _ *http.Request, _ *http.Response) time.Duration {
		return time.Duration(3-n) * time.Millisecond
	}
	var orders []*xacme.Order
	for range 2 {
		o, err := c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test"))
		if err != nil {
			t.Fatal(err)
		}
		orders = append(orders, o)
	}
	_, err := c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test"))
	limited("too many orders under way", err)
	if err := c.RevokeAuthorization(ctx, orders[0].AuthzURLs[0]); err != nil {
		t.Fatal(err)
	}
	if _, err = c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test")); err != nil {
		t.Fatal(err)
	}
	if err := c.RevokeAuthorization(ctx, orders[1].AuthzURLs[0]); err != nil {
		t.Fatal(err)
	}
	_, err = c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test"))
	limited("too many orders", err)
	f.later(4 * time.Hour)
	if _, err = c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test")); err != nil {
		t.Errorf("hours later: %v", err)
	}
	k, hmac, err := f.CreateKey(ctx, shop, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.CreateKey(ctx, shop, "", 0); !kernel.Is(err, kernel.Refused) {
		t.Errorf("too many keys: %v", err)
	}
	register := func(bound bool) error {
		n := &xacme.Account{}
		if bound {
			n.ExternalAccountBinding = &xacme.ExternalAccountBinding{KID: k.ID, Key: secret(t, hmac)}
		}
		one := f.client(t)
		one.RetryBackoff = c.RetryBackoff
		_, err := one.Register(ctx, n, xacme.AcceptTOS)
		return err
	}
	if err := errors.Join(register(true), register(false), register(false)); err != nil {
		t.Fatal(err)
	}
	limited("too many accounts of a key", register(true))
	limited("too many accounts without one", register(false))
}

// TestWhatIsOverGoesAway has orders, nonces and certificates end and be removed.
func TestWhatIsOverGoesAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		c := f.registered(t)
		f.issued(t, c, acme.HTTP01, newKey(t), "a.dev.shop.test")
		o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs("b.dev.shop.test"))
		if err != nil {
			t.Fatal(err)
		}
		f.later(25 * time.Hour)
		if o, err = c.GetOrder(t.Context(), o.URI); err != nil || o.Status != xacme.StatusInvalid {
			t.Errorf("a day later: %+v, %v", o, err)
		}
		if z, err := c.GetAuthorization(t.Context(), o.AuthzURLs[0]); err != nil || z.Status != xacme.StatusExpired {
			t.Errorf("a day later: %+v, %v", z, err)
		}
		for _, table := range []string{"acme_orders", "acme_authorizations", "acme_certificates", "acme_nonces", "acme_accounts"} {
			if n := f.rows(t, table); n == 0 {
				t.Errorf("%s is empty before", table)
			}
		}
		f.later(40 * 24 * time.Hour)
		if err := f.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for table, left := range map[string]int{"acme_orders": 0, "acme_authorizations": 0, "acme_certificates": 0, "acme_nonces": 0, "acme_accounts": 1} {
			if n := f.rows(t, table); n != left {
				t.Errorf("%s has %d rows", table, n)
			}
		}
		ended := f.registered(t)
		if err := ended.DeactivateReg(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.later(100 * 24 * time.Hour)
		if err := f.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := f.rows(t, "acme_accounts"); n != 1 {
			t.Errorf("%d accounts are left instead of the one that was ended", n)
		}
	})
}

func (f *fixture) rows(t *testing.T, table string) (n int) {
	t.Helper()
	if err := f.db.Reader(t.Context()).NewRaw("SELECT COUNT(*) FROM "+table).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFaults has the issuer fail, the answer to a request be lost, a nonce be of another key,
// and a clock run ahead.
func TestFaults(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx, c := t.Context(), f.registered(t)
		c.RetryBackoff = func(int, *http.Request, *http.Response) time.Duration { return -1 }
		o, err := c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test"))
		if err != nil {
			t.Fatal(err)
		}
		f.prove(t, c, o, acme.HTTP01)
		csr := request(t, newKey(t), "a.dev.shop.test")
		f.fails(kernel.Errorf(kernel.Unavailable, "the key is away"))
		_, _, err = c.CreateOrderCert(ctx, o.FinalizeURL, csr, false)
		wantProblem(t, "while the issuer fails", err, acme.ServerInternal)
		if n := f.rows(t, "acme_certificates"); n != 0 {
			t.Errorf("there are %d certificates", n)
		}
		f.fails(nil)
		if o, err = c.GetOrder(ctx, o.URI); err != nil || o.Status != xacme.StatusReady {
			t.Errorf("the order after that: %+v, %v", o, err)
		}
		first, address, err := c.CreateOrderCert(ctx, o.FinalizeURL, csr, false)
		if err != nil {
			t.Fatal(err)
		}
		// A client that has not heard the answer asks again, of another process.
		_, second := f.replica(t)
		f.server.Close()
		again := &xacme.Client{Key: c.Key, DirectoryURL: f.directory(), KID: c.KID, HTTPClient: &http.Client{Transport: to(second.Listener.Addr().String())}}
		der, where, err := again.CreateOrderCert(ctx, o.FinalizeURL, csr, false)
		if err != nil || where != address || !bytes.Equal(der[0], first[0]) {
			t.Errorf("asked again: %s, %v", where, err)
		}
		_, _, err = again.CreateOrderCert(ctx, o.FinalizeURL, request(t, newKey(t), "a.dev.shop.test"), false)
		wantProblem(t, "with another key", err, acme.OrderNotReady)
		if n := f.rows(t, "acme_certificates"); n != 1 {
			t.Errorf("there are %d certificates", n)
		}
	})
}

// TestNonces has those of another installation, of a clock that is off, and the same in another
// spelling.
func TestNonces(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	ctx := t.Context()
	other, err := seal.Open(ctx, seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	foreign := *f.Service
	foreign.Sealer = other
	n, err := foreign.NewNonce(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantNonce := func(what, text string, good bool) {
		t.Helper()
		if err := f.UseNonce(ctx, text); (err == nil) != good {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantNonce("another installation's", n, false)
	if n, err = f.NewNonce(ctx); err != nil {
		t.Fatal(err)
	}
	wantNonce("a good one", n, true)
	wantNonce("the same", n, false)
	wantNonce("the same in another spelling", n[:10]+"\n"+n[10:], false)
	if n, err = f.NewNonce(ctx); err != nil {
		t.Fatal(err)
	}
	f.later(time.Hour + time.Minute)
	wantNonce("an old one", n, false)
	f.later(-3 * time.Hour)
	wantNonce("one from far ahead", n, false)
}

// stuck is a Prober that does not come back before it is told to end.
type stuck struct{ began chan struct{} }

func (s stuck) Look(ctx context.Context, _ acme.Sought) *acme.Problem {
	close(s.began)
	<-ctx.Done()
	return acme.Problemf(acme.Connection, "told to end")
}

// TestAProcessThatDies has one die while it looks at a challenge: another takes it up.
func TestAProcessThatDies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		c, config := f.registered(t), f.config
		s := stuck{make(chan struct{})}
		config.Prober = s
		ctx, die := context.WithCancel(t.Context())
		dying := acme.New(config)
		ended := make(chan error, 1)
		o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs("a.dev.shop.test"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := c.GetAuthorization(t.Context(), o.AuthzURLs[0])
		if err != nil {
			t.Fatal(err)
		}
		chal := challenge(t, z, acme.HTTP01)
		f.meet(t, c, z.Identifier.Value, chal)
		a, err := f.Account(t.Context(), path.Base(string(c.KID)))
		if err != nil {
			t.Fatal(err)
		}
		f.stop() // so that it is the dying one that takes it
		if _, err := dying.Respond(t.Context(), a, path.Base(z.URI), chal.Type); err != nil {
			t.Fatal(err)
		}
		go func() { ended <- dying.Work(ctx) }()
		<-s.began
		die()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		_, _ = f.replica(t)
		f.later(2 * time.Minute)
		if _, err := c.WaitAuthorization(t.Context(), z.URI); err != nil {
			t.Error(err)
		}
	})
}

// together is a Prober that sees every challenge met at the same moment.
type together struct{ begun sync.WaitGroup }

func (b *together) Look(context.Context, acme.Sought) *acme.Problem {
	b.begun.Done()
	b.begun.Wait()
	return nil
}

// TestTheLastOfManyProofs has two processes see all names of an order proven at one moment:
// whichever writes last makes the order ready.
func TestTheLastOfManyProofs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		const many = 12
		names := make([]string, many)
		for i := range names {
			names[i] = "h" + itoa(i) + ".dev.shop.test"
		}
		f.stop()
		b := &together{}
		b.begun.Add(many)
		f.config.Prober = b
		_, _ = f.replica(t)
		_, _ = f.replica(t)
		c := f.registered(t)
		o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs(names...))
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range o.AuthzURLs {
			z, err := c.GetAuthorization(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Accept(t.Context(), challenge(t, z, acme.DNS01)); err != nil {
				t.Fatal(err)
			}
		}
		for _, address := range o.AuthzURLs {
			if _, err := c.WaitAuthorization(t.Context(), address); err != nil {
				t.Fatal(err)
			}
		}
		if o, err = c.GetOrder(t.Context(), o.URI); err != nil || o.Status != xacme.StatusReady {
			t.Errorf("every name is proven, and the order is %+v, %v", o, err)
		}
	})
}
