package product_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
)

// BenchmarkSubscriptionKey compares requests with the key of a subscription, whose plan has
// two quotas, with the same requests with a key that stands in the policy: by turns, so that
// both meet the same load, and by the processor time of client, gateway and service together,
// which does not count who else uses the machine.
func BenchmarkSubscriptionKey(b *testing.B) {
	w := start(b, sqlite(b), nil)
	w.apply(b, "orders", withQuotas("{calls: 1000000000, per: day}, {bytes: 1000000000000, per: month}"))
	_, keys := w.subscribe(b, product.Wish{Product: "orders"})
	const plain = "tgk_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"
	sum := sha256.Sum256([]byte(plain))
	w.Put(b, authntest.Bank(), authn.KindName, fmt.Sprintf(
		`{"providers": [{"name": "keys", "apiKey": {"header": "X-Api-Key", "keys": [{"name": "one", "sha256": %q}]}}], "claimsToHeaders": [{"claim": "sub", "header": "X-Consumer"}]}`, hex.EncodeToString(sum[:])))
	w.Put(b, authntest.Dev(), authn.KindName, `{"providers": [{"name": "keys", "apiKey": {"header": "X-Api-Key", "products": true}}], "claimsToHeaders": [{"claim": "sub", "header": "X-Consumer"}]}`)
	c, err := new(net.Dialer).DialContext(b.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(w.Server.PlainPort())))
	must(b, err)
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	both := [2][]byte{}
	for i, of := range [2][2]string{{authntest.Other, plain}, {authntest.Host, keys.Primary}} {
		both[i] = fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nX-Api-Key: %s\r\n\r\n", of[0], of[1])
	}
	send := func(request []byte) {
		var resp fasthttp.Response
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if err := resp.Read(r); err != nil || resp.StatusCode() != http.StatusOK {
			b.Fatalf("%d %v", resp.StatusCode(), err)
		}
	}
	send(both[0])
	send(both[1])
	const turn = 50
	var took [2]time.Duration
	turns := 0
	for b.Loop() {
		for i := range both {
			began := processor(b)
			for range turn {
				send(both[i])
			}
			took[i] += processor(b) - began
		}
		turns++
	}
	n := float64(turns * turn)
	b.ReportMetric(float64(took[0])/n, "cpu-ns/plain-key")
	b.ReportMetric(float64(took[1])/n, "cpu-ns/subscription-key")
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
}

// processor is how long the processors have worked for this process.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
