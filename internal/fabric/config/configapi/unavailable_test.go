package configapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const strict = `keys:
  checkout.timeout: {type: integer, default: 5}
  payment.key: {type: string, minLength: 20, pattern: "^sk_", sensitivity: secret}
`

// TestASecretThatCannotBeDelivered stops nothing but its own key, and everybody is told why:
// who watches, who asks, and who looks at the status; the event comes once.
func TestASecretThatCannotBeDelivered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(map[string]string{"schema.yaml": strict, "default.yaml": "values:\n  payment.key: ${secret:payment}\n"})
		dev := vcstest.Shop().InStage("dev")
		token, _ := b.token("orders", "dev")
		good := "sk_" + strings.Repeat("x", 20)
		// told waits until the status says so of the key.
		told := func(says string) {
			t.Helper()
			if err := b.configs.SecretsChanged(t.Context(), dev); err != nil { // as the platform tells
				t.Fatal(err)
			}
			b.configs.Heard(dev)
			vcstest.Eventually(t, "the status says "+says, func() bool {
				left := b.stands(config.Ready).Status.Unavailable
				if says == "" {
					return len(left) == 0
				}
				return len(left) == 1 && left[0].Workload == "orders" && left[0].Stage == "dev" && strings.Contains(left[0].Message, says)
			})
		}
		told("there is no secret payment")

		b.secrets.put(dev, "payment", "pay1")
		const misfit = "does not fit the schema of payment.key: minLength, pattern"
		told(misfit)
		var x config.Explained
		b.must("viewer", http.MethodGet, "/keys/payment.key?workload=orders&stage=dev", nil, &x)
		var v config.View
		b.must("viewer", http.MethodGet, "/effective?workload=orders&stage=dev", nil, &v)
		if x.Unavailable == nil || !strings.Contains(x.Unavailable.Message, misfit) || len(v.Unavailable) != 1 {
			t.Errorf("explained %+v, in effect %+v", x.Unavailable, v.Unavailable)
		}
		watching := b.watch(token, "")
		d, ok := watching.next()
		if _, there := d.Values["payment.key"]; !ok || there || d.Values["checkout.timeout"] != float64(5) || len(d.Unavailable) != 1 || d.Unavailable[0].Key != "payment.key" {
			t.Fatalf("what does not fit is delivered: %+v", d)
		}

		b.secrets.put(dev, "payment", good)
		told("")
		if d, ok = watching.next(); !ok || d.Values["payment.key"] != good || len(d.Unavailable) != 0 {
			t.Fatalf("then %+v", d)
		}
		b.secrets.take(dev, "payment")
		told("there is no secret payment")
		if d, ok = watching.next(); !ok || d.Values["checkout.timeout"] != float64(5) || len(d.Unavailable) != 1 {
			t.Fatalf("without it %+v", d)
		}
		told("there is no secret payment")
		if events := b.Facts.Of("config.unavailable"); len(events) != 3 || events[1].Scope != dev || !strings.Contains(fmt.Sprint(events[1].Data), misfit) || strings.Contains(fmt.Sprint(events), "pay1") {
			t.Errorf("told of %+v", events)
		}
	})
}

// TestAChangeIsHeldAgainstWhatIsMerged holds that a pull request tells of a secret that does
// not fit, and that a schema of its own finds out nothing about one.
func TestAChangeIsHeldAgainstWhatIsMerged(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{Checks: true})
	b.connected(map[string]string{"schema.yaml": strict})
	b.secrets.put(vcstest.Shop().InStage("dev"), "payment", "pay1")
	comment := func(branch string, files map[string]string) (c vcs.Check, text string) {
		b.git("checkout", "-q", "main")
		b.push(branch, files)
		p, err := b.Propose(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "conf", vcs.Proposal{Title: branch, Source: branch})
		if err != nil {
			t.Fatal(err)
		}
		vcstest.Eventually(t, branch+" is reviewed", func() bool {
			v, err := b.PullRequest(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "conf", p.Number)
			if err != nil || len(v.Checks) == 0 || len(v.Comments) == 0 || v.Checks[0].State == vcs.Pending {
				return false
			}
			c, text = v.Checks[0], v.Comments[0].Body
			return true
		})
		return c, text
	}
	value := "values:\n  payment.key: ${secret:payment}\n"
	if c, text := comment("refers", map[string]string{"default.yaml": value}); c.State != vcs.Failed || !strings.Contains(text, "payment.key for orders@dev: the secret payment does not fit the schema of payment.key: minLength, pattern") {
		t.Errorf("%+v\n%s", c, text)
	}
	if c, text := comment("asks", map[string]string{"default.yaml": value, "schema.yaml": strings.Replace(strict, "^sk_", "^q", 1)}); c.State != vcs.Succeeded || strings.Contains(text, "does not fit") {
		t.Errorf("a schema of a change tells of a secret: %+v\n%s", c, text)
	}
}
