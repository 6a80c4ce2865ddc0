package configapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const rollout = `  half:
    variants: {on: true, off: false}
    defaultVariant: off
    targeting: {fractional: [[on, 50], [off, 50]]}
  count: {variants: {few: 3, many: 30}, defaultVariant: many}
`

// openFeature is OpenFeature's client for Go, of a workload.
func openFeature(t *testing.T, p ofrep) *openfeature.Client {
	t.Helper()
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return api.NewClient()
}

func rolledOut(t *testing.T) (*bench, ofrep) {
	t.Helper()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	b.connected(map[string]string{"default.yaml": flags + rollout})
	token, _ := b.token("orders", "dev")
	return b, ofrep{b.url, token}
}

// TestOpenFeaturesClientForGo gets all types, what rules about attributes decide, and its
// own defaults with the reason where there is no answer.
func TestOpenFeaturesClientForGo(t *testing.T) {
	t.Parallel()
	_, p := rolledOut(t)
	of := func(key string, attributes map[string]any) openfeature.EvaluationContext {
		return openfeature.NewEvaluationContext(key, attributes)
	}
	ada, nobody := of("ada", nil), openfeature.NewTargetlessEvaluationContext(nil)
	stranger := p
	stranger.token += "x"
	good, refused := openFeature(t, p), openFeature(t, stranger)
	lost := openFeature(t, ofrep{base: "http://127.0.0.1:1", token: "x"})
	for name, c := range map[string]struct {
		ask  func(ctx context.Context) (any, openfeature.EvaluationDetails, error)
		want string
	}{
		"a switch":             {boolean(good, "static", false, ada), "true on STATIC "},
		"a text":               {text(good, "colour", "none", of("ada", map[string]any{"plan": "gold"})), "#00f blue TARGETING_MATCH "},
		"a text of no rule":    {text(good, "colour", "none", of("ada", map[string]any{"plan": "tin"})), "#f00 red DEFAULT "},
		"a broken number":      {number(good, "number", 9, ada), "0.5 half STATIC "},
		"a whole number":       {whole(good, "count", 9, ada), "30 many STATIC "},
		"an object":            {object(good, "limits", nil, ada), "map[items:5] small STATIC "},
		"a share":              {boolean(good, "share", false, ada), "true on SPLIT "},
		"a share of nobody":    {boolean(good, "share", true, nobody), "true  ERROR TARGETING_KEY_MISSING"},
		"what is turned off":   {boolean(good, "gone", true, ada), "true  ERROR FLAG_NOT_FOUND"},
		"what there is not":    {text(good, "nothing", "mine", ada), "mine  ERROR FLAG_NOT_FOUND"},
		"a path in the name":   {text(good, "../static", "mine", ada), "mine  ERROR FLAG_NOT_FOUND"},
		"a text as a switch":   {boolean(good, "colour", true, ada), "true  ERROR TYPE_MISMATCH"},
		"a switch as a text":   {text(good, "static", "mine", ada), "mine  ERROR TYPE_MISMATCH"},
		"a half as a whole":    {whole(good, "number", 9, ada), "9  ERROR TYPE_MISMATCH"},
		"an object as a text":  {text(good, "limits", "mine", ada), "mine  ERROR TYPE_MISMATCH"},
		"with no right token":  {boolean(refused, "static", false, ada), "false  ERROR GENERAL"},
		"while nobody answers": {boolean(lost, "static", false, ada), "false  ERROR GENERAL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value, d, err := c.ask(t.Context())
			if got := fmt.Sprintf("%v %s %s %s", value, d.Variant, d.Reason, d.ErrorCode); got != c.want {
				t.Errorf("%s (%s), want %s", got, d.ErrorMessage, c.want)
			}
			if (err != nil) != (d.ErrorCode != "") {
				t.Errorf("%v with %q", err, d.ErrorCode)
			}
		})
	}
}

type asked = func(ctx context.Context) (any, openfeature.EvaluationDetails, error)

// asks makes a question of a method of the client.
func asks[T any](f func(context.Context, string, T, openfeature.EvaluationContext, ...openfeature.Option) (openfeature.GenericEvaluationDetails[T], error), flag string, def T, of openfeature.EvaluationContext) asked {
	return func(ctx context.Context) (any, openfeature.EvaluationDetails, error) {
		d, err := f(ctx, flag, def, of)
		return d.Value, d.EvaluationDetails, err
	}
}

func boolean(c *openfeature.Client, flag string, def bool, of openfeature.EvaluationContext) asked {
	return asks(c.BooleanValueDetails, flag, def, of)
}

func text(c *openfeature.Client, flag, def string, of openfeature.EvaluationContext) asked {
	return asks(c.StringValueDetails, flag, def, of)
}

func number(c *openfeature.Client, flag string, def float64, of openfeature.EvaluationContext) asked {
	return asks(c.FloatValueDetails, flag, def, of)
}

func whole(c *openfeature.Client, flag string, def int64, of openfeature.EvaluationContext) asked {
	return asks(c.IntValueDetails, flag, def, of)
}

func object(c *openfeature.Client, flag string, def any, of openfeature.EvaluationContext) asked {
	return asks(c.ObjectValueDetails, flag, def, of)
}

// TestAShareSticks: who is in half of them is the next time, and is still when the share
// grows: a rollout takes nothing away.
func TestAShareSticks(t *testing.T) {
	t.Parallel()
	b, p := rolledOut(t)
	client := openFeature(t, p)
	in := func(flag, key string) bool {
		v, err := client.BooleanValue(t.Context(), flag, false, openfeature.NewEvaluationContext(key, nil))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const users = 300
	before := map[string]bool{}
	for i := range users {
		user := fmt.Sprintf("user-%d", i)
		if in("half", user) {
			before[user] = true
		}
		if in("half", user) != before[user] {
			t.Fatalf("%s is another one the second time", user)
		}
	}
	if half := len(before); half < users*35/100 || half > users*65/100 {
		t.Errorf("%d of %d are in half", half, users)
	}
	commit := b.push("main", map[string]string{"default.yaml": flags + strings.Replace(rollout, "[on, 50], [off, 50]", "[on, 80], [off, 20]", 1)})
	vcstest.Eventually(t, "the share has grown", func() bool { return b.stands(config.Ready).Status.Commit == commit })
	after := 0
	for i := range users {
		user := fmt.Sprintf("user-%d", i)
		now := in("half", user)
		if now {
			after++
		}
		if before[user] && !now {
			t.Errorf("%s was in, and is not since the share has grown", user)
		}
	}
	if after < users*70/100 || after > users*90/100 {
		t.Errorf("%d of %d are in four fifths", after, users)
	}
}

// TestAllFlagsAtOnceForAClient: with the tag of the last answer there is another one only
// when something is another.
func TestAllFlagsAtOnceForAClient(t *testing.T) {
	t.Parallel()
	_, p := rolledOut(t)
	ask := func(attributes openfeature.FlattenedContext, tag string) (status int, next string, all []said) {
		res, err := p.post(t.Context(), "", attributes, http.Header{"If-None-Match": {tag}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var answer struct{ Flags []said }
		if res.StatusCode == http.StatusOK {
			if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
		}
		return res.StatusCode, res.Header.Get("ETag"), answer.Flags
	}
	ada := openfeature.FlattenedContext{openfeature.TargetingKey: "ada"}
	status, tag, all := ask(ada, "")
	if status != http.StatusOK || tag == "" || len(all) != 7 {
		t.Fatalf("%d %q %+v", status, tag, all)
	}
	single := openFeature(t, p)
	for _, one := range all {
		if one.ErrorCode != "" {
			t.Errorf("%+v", one)
		}
		d, err := single.ObjectValueDetails(t.Context(), one.Key, nil, openfeature.NewEvaluationContext("ada", nil))
		if _, isObject := one.Value.(map[string]any); isObject && (err != nil || d.Variant != one.Variant) {
			t.Errorf("%s alone is %+v, %v; with all %+v", one.Key, d, err, one)
		}
	}
	if status, again, _ := ask(ada, tag); status != http.StatusNotModified || again != tag {
		t.Errorf("as it was: %d %q", status, again)
	}
	if status, other, _ := ask(openfeature.FlattenedContext{openfeature.TargetingKey: "ada", "plan": "gold"}, tag); status != http.StatusOK || other == tag {
		t.Errorf("for another context: %d %q", status, other)
	}
}
