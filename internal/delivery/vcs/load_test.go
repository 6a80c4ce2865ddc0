package vcs_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/github"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
)

// quiet is GitHub's way to sign and to write webhooks, without its API.
type quiet struct{ github.Host }

// Find knows every repository.
func (quiet) Find(context.Context, vcs.Access) (vcs.Found, error) {
	return vcs.Found{DefaultBranch: "main", Clone: "http://127.0.0.1:1/x.git"}, nil
}

// Remote is one that does not answer.
func (quiet) Remote(vcs.Access) gitexec.Remote {
	return gitexec.Remote{URL: "http://127.0.0.1:1/x.git"}
}

// SetStatus and PutComment say nothing.
func (quiet) SetStatus(context.Context, vcs.Access, vcs.Status) error { return nil }

// PutComment says nothing.
func (quiet) PutComment(context.Context, vcs.Access, int, string, string, string) (string, error) {
	return "1", nil
}

// webhook is a pull_request event of one of a hundred requests, signed.
func webhook(n int, secret string) (http.Header, []byte) {
	at := time.Now().Add(-time.Hour + time.Duration(n)*time.Millisecond*100).UTC().Format(time.RFC3339)
	body := []byte(fmt.Sprintf(`{"action":"synchronize","number":%d,"pull_request":{"number":%d,"state":"open","title":"t","updated_at":%q,"user":{"login":"o"},`+
		`"head":{"ref":"b%d","sha":"%040d","repo":{"full_name":"a/b"}},"base":{"ref":"main","sha":"%040d","repo":{"full_name":"a/b"}}},"repository":{"full_name":"a/b"},"sender":{"login":"o"},"n":%d}`,
		n%100+1, n%100+1, at, n%100, n, 1, n))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("X-Github-Event", "pull_request")
	h.Set("X-Github-Delivery", fmt.Sprintf("72d3162e-cc78-11e3-81ab-%012d", n))
	h.Set("X-Hub-Signature-256", fmt.Sprintf("sha256=%x", mac.Sum(nil)))
	return h, body
}

// BenchmarkTenThousandWebhooks takes ten thousand webhooks of a hundred pull
// requests, from eight senders, while the loop works on them, and tells how many
// a minute would be taken and how long a reader waited at the worst.
func BenchmarkTenThousandWebhooks(b *testing.B) {
	for b.Loop() {
		took, wait := flood(b, 10_000)
		b.ReportMetric(10_000/took.Minutes(), "webhooks/min")
		b.ReportMetric(float64(wait.Milliseconds()), "worst-read-ms")
	}
}

// TestAFloodOfWebhooksIsTaken is the short form: all are kept, and each pull
// request knows its newest commit.
func TestAFloodOfWebhooksIsTaken(t *testing.T) {
	t.Parallel()
	flood(t, 1_000)
}

func flood(t testing.TB, count int) (took, worstRead time.Duration) {
	t.Helper()
	bench := vcstest.New(t, map[vcs.Provider]vcs.Host{vcs.GitHub: quiet{}})
	admin := vcstest.As(t.Context(), "admin")
	c, err := bench.Connect(admin, vcstest.Shop(), vcs.Connection{Name: "b", Provider: vcs.GitHub, Owner: "a", Repository: "b", Token: "x"})
	if err != nil {
		t.Fatal(err)
	}
	bench.Watch(t)
	var next, taken atomic.Int64
	var senders sync.WaitGroup
	start := time.Now()
	for range 8 {
		senders.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= count {
					return
				}
				header, body := webhook(n, c.Secret)
				isNew, err := bench.Accept(context.Background(), vcs.GitHub, c.Repository.ID, header, body)
				if err != nil || !isNew {
					t.Errorf("webhook %d: %v, %v", n, isNew, err)
					return
				}
				taken.Add(1)
			}
		})
	}
	for taken.Load() < int64(count) && !t.Failed() {
		began := time.Now()
		if _, err := bench.List(admin, vcstest.Shop(), pageOf(1)); err != nil {
			t.Fatal(err)
		}
		worstRead = max(worstRead, time.Since(began))
		<-time.After(5 * time.Millisecond)
	}
	senders.Wait()
	took = time.Since(start)
	vcstest.Eventually(t, "all were worked on", func() bool {
		n, err := bench.Store.CountWaiting(t.Context())
		return err == nil && n == 0
	})
	page, err := bench.PullRequests(admin, vcstest.Shop(), "b", "", pageOf(200))
	if err != nil || len(page.Items) != 100 {
		t.Fatalf("%d pull requests, %v", len(page.Items), err)
	}
	for _, p := range page.Items {
		if want := fmt.Sprintf("%040d", count-100+p.Number-1); p.Head != want {
			t.Errorf("%d is at %s, not at %s", p.Number, p.Head, want)
		}
	}
	return took, worstRead
}
