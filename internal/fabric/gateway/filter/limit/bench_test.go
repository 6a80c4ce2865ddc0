package limit_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
)

// BenchmarkThroughTheGateway tells what limits cost a request, as the ratio of
// the time with them to the time without, taken in turns.
func BenchmarkThroughTheGateway(b *testing.B) {
	ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	without, with := filtertest.Start(b, 0, ok), filtertest.Start(b, 0, ok, limit.New(limit.Config{}))
	with.Policy(b, limit.KindName, `{"limits":[{"name":"a","windows":[{"limit":1000000000,"per":"1s"},{"limit":1000000000000,"per":"24h"}]},{"name":"b","key":["header:User"],"windows":[{"limit":1000000000,"per":"1s"}]}]}`)
	client := &fasthttp.Client{}
	took := map[*filtertest.Gateway]time.Duration{}
	const turn = 200
	for b.Loop() {
		for _, g := range []*filtertest.Gateway{without, with} {
			began := time.Now()
			for range turn {
				get(b, client, g)
			}
			took[g] += time.Since(began)
		}
	}
	b.ReportMetric(float64(took[with])/float64(took[without]), "ratio")
}

func get(b *testing.B, client *fasthttp.Client, g *filtertest.Gateway) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(fmt.Sprintf("http://127.0.0.1:%d/", g.Server.PlainPort()))
	req.UseHostHeader = true
	req.Header.SetHost(filtertest.Host)
	req.Header.Set("User", "a")
	if err := client.Do(req, resp); err != nil || resp.StatusCode() != http.StatusNoContent {
		b.Fatal(err, resp.StatusCode())
	}
}
