package canary_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/test/harness"
)

// forge connects a repository of a provider that repeats the token in its refusals, and
// keeps everything else that it is told.
func (w *world) forge() {
	w.t.Helper()
	token := w.invent("a repository's token")
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.sent.request(r, "Authorization")
		if r.URL.Path == "/repos/acme/orders" && strings.Contains(r.Header.Get("Authorization"), token) {
			_ = json.NewEncoder(out).Encode(map[string]any{"default_branch": "main", "clone_url": "http://" + r.Host + "/acme/orders.git"}) // who asked may have gone
			return
		}
		if strings.HasPrefix(r.URL.Path, "/repos/acme/orders/statuses/") && strings.Contains(r.Header.Get("Authorization"), token) {
			out.WriteHeader(http.StatusCreated)
			_, _ = out.Write([]byte("{}")) // as above
			return
		}
		_, password, _ := r.BasicAuth()
		out.Header().Set("Www-Authenticate", `Basic realm="`+strings.ReplaceAll(password, `"`, "'")+`"`)
		out.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(out).Encode(map[string]string{"message": "bad credentials " + r.Header.Get("Authorization") + " " + password}) // as above
	}))
	w.t.Cleanup(server.Close)
	repositories := "/api/v1/projects/" + w.in.Project + "/repositories/"
	var made struct {
		Repository struct{ HookURL string }
		Secret     string
	}
	w.calls(w.in.Token, http.MethodPost, repositories+"connections",
		map[string]string{"name": "orders", "provider": "github", "owner": "acme", "repository": "orders", "api": server.URL, "token": token}, &made)
	w.canaries["a repository's webhook secret"] = made.Secret
	w.asks(http.MethodPost, repositories+"orders/credentials", map[string]string{"token": w.invent("a repository's refused token")})
	w.asks(http.MethodPost, repositories+"connections",
		map[string]string{"name": "others", "provider": "azuredevops", "owner": "acme/shop", "repository": "orders", "api": server.URL, "token": w.canaries["a repository's refused token"]})
	w.hear("repo", "bind", "orders", "probe", "--score", "score.yaml", "--plan", "test")
	w.opened(made.Repository.HookURL, made.Secret, http.StatusAccepted)
	w.opened(made.Repository.HookURL, w.invent("a wrong webhook secret"), http.StatusUnauthorized)
	harness.Eventually(w.t, "the pull request is fetched and told of", func() (string, bool) {
		calls := regexp.MustCompile(`(?m)^[A-Z]+ /(acme|repos)/\S*`).FindAllString(w.sent.heard(), -1)
		return fmt.Sprint(calls), slices.ContainsFunc(calls, func(c string) bool { return strings.Contains(c, "/acme/orders.git/info/refs") })
	})
	harness.Eventually(w.t, "the pull request is known", func() (string, bool) {
		shown := w.Terrace(w.t.Context(), w.Dir, "pr", "show", "1", "--repo", "orders")
		return shown.String(), shown.Code == 0
	})
	w.hear("pr", "show", "1", "--repo", "orders", "-o", "json")
	w.hear("repo", "webhooks", "orders", "-o", "json")
	w.hear("repo", "show", "orders", "-o", "json")
}

// opened tells of a pull request as GitHub does, after which Terrace fetches.
func (w *world) opened(address, secret string, want int) {
	w.t.Helper()
	now := time.Now().UTC().Format(time.RFC3339)
	repository := `{"full_name":"acme/orders"}`
	body := `{"action":"opened","number":1,"sender":{"login":"ada"},"repository":` + repository + `,"pull_request":{"number":1,"title":"A change","state":"open","updated_at":"` + now +
		`","user":{"login":"ada"},"head":{"ref":"change","sha":"` + strings.Repeat("a", 40) + `","repo":` + repository + `},"base":{"ref":"main","sha":"` + strings.Repeat("b", 40) + `","repo":` + repository + `}}}`
	sign := hmac.New(sha256.New, []byte(secret))
	sign.Write([]byte(body))
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, address, strings.NewReader(body))
	w.must(err)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "d" + hex.EncodeToString(sign.Sum(nil)[:8]), "X-Hub-Signature-256": "sha256=" + hex.EncodeToString(sign.Sum(nil)),
	} {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	w.must(err)
	w.heard["POST "+address] += string(text)
	if answer.StatusCode != want {
		w.t.Errorf("the webhook is answered %d, want %d: %s", answer.StatusCode, want, text)
	}
}

// pull plans a change of the workload in a pull request, whose comment and checks have
// what the plan says.
func (w *world) pull() {
	w.t.Helper()
	w.hear("repo", "create", "app")
	folder := w.clone("app")
	w.commits(folder, "score.yaml", strings.NewReplacer("FAILS", "no", "ENDS", serves).Replace(score))
	w.git(folder, "push", "-q", "origin", "HEAD:main")
	w.hear("repo", "bind", "app", "probe", "--score", "score.yaml", "--build", "--plan", "dev")
	w.git(folder, "checkout", "-q", "-b", "change")
	w.commits(folder, "score.yaml", strings.NewReplacer("FAILS", "no", "ENDS", serves+" 9").Replace(score))
	w.git(folder, "push", "-q", "origin", "HEAD:change")
	w.hear("pr", "create", "--repo", "app", "--from", "change", "--title", "A change")
	harness.Eventually(w.t, "the pull request is planned", func() (string, bool) {
		said := w.hear("pr", "show", "1", "--repo", "app", "-o", "json")
		return said, strings.Contains(said, `"success"`) || strings.Contains(said, `"failure"`)
	})
	w.must(os.RemoveAll(filepath.Join(folder, ".git"))) // it was ours
}
