package subscription_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestAWebhookHasSecretsInItsAddressAndHeaders by reference: they are sent, follow their versions, are shown as
// references, and are repeated to nobody, also by a server that repeats what it was sent.
func TestAWebhookHasSecretsInItsAddressAndHeaders(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, append(sets(), secretsql.Migrations())...)
	w, secrets, may := withSecrets(t, d)
	got := make(chan string, 100)
	echo := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		said := r.URL.Path + " " + r.Header.Get("Authorization")
		got <- said
		out.WriteHeader(http.StatusInternalServerError)
		_, _ = out.Write([]byte("you sent " + said))
	}))
	defer echo.Close()
	put(t, secrets, "shop", "path", "T0/B0/path-of-canary")
	put(t, secrets, "shop", "token", "header-of-canary-1")
	spec := subscription.Spec{Name: "pager", Sink: subscription.Sink{Webhook: &subscription.Webhook{
		URL: echo.URL + "/services/${secret:dev/path}", Headers: map[string]string{"Authorization": "Bearer ${secret:dev/token}", "X-Team": "shop"},
	}}}
	if _, err := w.Create(asAdmin(), shop, spec); err != nil {
		t.Fatal(err)
	}
	shown, err := w.Get(asAdmin(), shop, "pager")
	if err != nil || shown.Sink.Webhook.Headers["Authorization"] != "Bearer ${secret:dev/token}" || !strings.HasSuffix(shown.Sink.String(), "/services/${secret:dev/path}") || shown.SecretReferenceBy == "" {
		t.Errorf("it is shown as %+v, %v", shown, err)
	}
	send := func(want string) {
		t.Helper()
		_, err := w.Test(asAdmin(), shop, "pager")
		if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "you sent /services/[secret] Bearer [secret]") {
			t.Errorf("it is told %v", err)
		}
		if said := <-got; said != want {
			t.Errorf("it is sent %q", said)
		}
	}
	send("/services/T0/B0/path-of-canary Bearer header-of-canary-1")
	put(t, secrets, "shop", "token", "header-of-canary-2")
	send("/services/T0/B0/path-of-canary Bearer header-of-canary-2")

	if from := w.journal.of("secret.read", "from"); len(from) < 2 || slices.ContainsFunc(from, func(what any) bool { return what != "subscription pager" }) {
		t.Errorf("the reads are recorded for %v", from)
	}

	echo.Close() // what cannot be reached is told with its address
	if _, err := w.Test(asAdmin(), shop, "pager"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("it is told %v", err)
	}
	may.set()
	if _, err := w.Test(asAdmin(), shop, "pager"); err == nil || !strings.Contains(err.Error(), "its secret ${secret:dev/path} cannot be used") {
		t.Errorf("who may not read it any more: %v", err)
	}
	if _, err := w.Rotate(asAdmin(), shop, "pager", ""); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who may not read writes it again: %v", err)
	}
}

// TestSecretsInWebhooksAreRefusedWhereTheyDoNotBelong is about what can be told when they are written.
func TestSecretsInWebhooksAreRefusedWhereTheyDoNotBelong(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, append(sets(), secretsql.Migrations())...)
	w, secrets, _ := withSecrets(t, d)
	put(t, secrets, "shop", "token", "canary-of-the-shop")
	put(t, secrets, "shop", "lines", "canary\r\nX-Other: 1")
	put(t, secrets, "shop", "away", "a#b")
	put(t, secrets, "other", "token", "canary-of-others")
	for name, tt := range map[string]struct {
		url     string
		headers map[string]string
		kind    kernel.Kind
		says    string
	}{
		"a value in a header":   {"https://127.0.0.1/", map[string]string{"authorization": "Bearer canary-typed"}, kernel.Invalid, "write ${secret:STAGE/NAME} in its place"},
		"of an API":             {"https://127.0.0.1/", map[string]string{"X-Api-Key": "canary-typed"}, kernel.Invalid, "carries a secret"},
		"a header of Terrace":   {"https://127.0.0.1/", map[string]string{"webhook-signature": "x"}, kernel.Invalid, "set by Terrace itself"},
		"two lines":             {"https://127.0.0.1/", map[string]string{"X-A": "a\r\nb"}, kernel.Invalid, "no header has such a value"},
		"two lines of a secret": {"https://127.0.0.1/", map[string]string{"X-A": "${secret:dev/lines}"}, kernel.Invalid, "keep it on one line"},
		"no reference":          {"https://127.0.0.1/", map[string]string{"X-A": "${secret:dev/}"}, kernel.Invalid, "no name of a secret"},
		"missing":               {"https://127.0.0.1/", map[string]string{"X-A": "${secret:dev/none}"}, kernel.NotFound, "${secret:dev/none}: "},
		"whose it is is not":    {"https://127.0.0.1/", map[string]string{"X-A": "${secret:token}"}, kernel.Invalid, "STAGE/NAME"},
		"a host by reference":   {"https://${secret:dev/token}.example.com/", nil, kernel.Invalid, "in the path alone"},
		"a host and no path":    {"https://127.0.0.1${secret:dev/token}", nil, kernel.Invalid, "in the path alone"},
		"a path that ends":      {"https://127.0.0.1/${secret:dev/away}", nil, kernel.Invalid, "no part of a path"},
		"of another project":    {"https://127.0.0.1/", map[string]string{"X-A": "${secret:other/dev/token}"}, kernel.NotFound, "there is no stage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.Create(asAdmin(), shop, subscription.Spec{Name: "pager", Sink: subscription.Sink{Webhook: &subscription.Webhook{URL: tt.url, Headers: tt.headers}}})
			if !kernel.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v", err)
			}
		})
	}
}
