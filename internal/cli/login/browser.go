package login

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/cli/renew"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// patience is how long a person may take in the browser.
const patience = 10 * time.Minute

// answer is what the browser comes back with.
type answer struct {
	code string
	err  error
}

// inBrowser signs somebody in who has a browser on this machine (RFC 8252).
func (l *login) inBrowser(ctx context.Context, server *renew.Server, config *oauth2.Config) (*oauth2.Token, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "nothing can listen for the browser: %w", err).WithFix("sign in with --device")
	}
	config.RedirectURL = "http://" + listener.Addr().String() + "/callback"
	config.Endpoint.AuthURL = server.Authorization
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	answers := make(chan answer, 1)
	web := &http.Server{Handler: callback(state, server.Issuer, answers), ReadHeaderTimeout: timeoutOfRequest}
	go func() { _ = web.Serve(listener) }() // it ends when it is closed
	defer func() { _ = web.Shutdown(context.WithoutCancel(ctx)) }()
	more := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if l.tenant != "" {
		more = append(more, oauth2.SetAuthURLParam("tenant", l.tenant))
	}
	l.open(ctx, config.AuthCodeURL(state, more...))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-ctx.Done():
		return nil, kernel.Errorf(kernel.Unauthenticated, "nobody has signed in in the browser: %w", ctx.Err()).WithFix("try again, or sign in with --device")
	case got := <-answers:
		if got.err != nil {
			return nil, got.err
		}
		token, err := config.Exchange(renew.With(ctx), got.code, oauth2.VerifierOption(verifier))
		if err != nil {
			return nil, renew.Failed(l.address, err)
		}
		return token, nil
	}
}

const timeoutOfRequest = 10 * time.Second

// callback takes the browser's answer, once, and only one that belongs to this sign-in
// and comes from the server that was asked.
func callback(state, issuer string, answers chan<- answer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("state") != state || q.Get("iss") != issuer {
			http.Error(w, "This is not the answer to a sign-in that was begun here.", http.StatusBadRequest)
			return
		}
		got, text := answer{code: q.Get("code")}, "You are signed in. You can close this page and go on in the terminal."
		if got.code == "" {
			got.err = kernel.Errorf(kernel.Unauthenticated, "the server does not sign you in: %s", cmp.Or(q.Get("error_description"), q.Get("error"), "it gave no reason"))
			text = "You are not signed in. The terminal says why."
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Connection", "close")
		_, _ = fmt.Fprintln(w, text) // the browser may have left
		select {
		case answers <- got:
		default:
		}
	})
	return mux
}

// open opens the browser, and says where to go if none does.
func (l *login) open(ctx context.Context, address string) {
	l.e.Say("Sign in in the browser. If none opens, open this address yourself:\n\n  %s\n", address)
	l.e.Browse(ctx, address)
}
