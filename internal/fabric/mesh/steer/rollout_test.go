package steer_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestTheReleaseThatTakesOverHasItsShare asks through sidecars, once of a service whose instances
// have sidecars of their own, and once of one that has none.
func TestTheReleaseThatTakesOverHasItsShare(t *testing.T) {
	t.Parallel()
	for name, besides := range map[string]bool{"sidecars beside it": true, "in the clear": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			addrs := map[string]string{}
			for _, release := range []string{"one", "two", "gone"} {
				if besides {
					_, addrs[release] = p.besideRelease(t, dev(), "orders", release, release)
				} else {
					addrs[release] = application(t, release)
				}
			}
			p.change(func() { p.addrs["orders"], p.release = addrs["one"], "one" })
			web := p.beside(t, dev(), "web", "web")
			eventually(t, "the release before is asked alone", all(t, web, "one"))
			for _, step := range []struct{ weight, least, most int }{
				{25, 57, 143}, // of 400, within five deviations
				{100, 400, 400},
				{0, 0, 0}, // it was aborted
			} {
				p.change(func() { p.next = shared{addrs["two"], "two", step.weight} })
				switch step.weight {
				case 25:
					eventually(t, "the next release is asked", func() bool { _, said := ask(t, web, "orders", "/"); return said == "two" })
				case 100:
					eventually(t, "the next release is asked alone", all(t, web, "two"))
				default:
					eventually(t, "the release before is asked alone again", all(t, web, "one"))
				}
				said := counts(t, web, 400)
				if n := said["two"]; n < step.least || n > step.most || said["one"]+n != 400 {
					t.Errorf("%d %%: %v", step.weight, said)
				}
			}
		})
	}
}

// TestTheReleaseThatBringsTheFirstSidecarHasNoMoreThanItsShare, and nothing before it is to be
// asked, and after it was aborted.
func TestTheReleaseThatBringsTheFirstSidecarHasNoMoreThanItsShare(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	before := application(t, "one")
	_, next := p.besideRelease(t, dev(), "orders", "two", "two")
	p.change(func() { p.addrs["orders"], p.release, p.next = before, "one", shared{next, "two", 0} })
	web := p.beside(t, dev(), "web", "web")
	if said := counts(t, web, 40); said["one"] != 40 {
		t.Errorf("before it is ready: %v", said)
	}
	p.change(func() { p.next.weight = 25 })
	eventually(t, "the next release is asked", func() bool { _, said := ask(t, web, "orders", "/"); return said == "two" })
	if n := counts(t, web, 400)["two"]; n < 57 || n > 143 { // within five deviations
		t.Errorf("25 %%: %d of 400", n)
	}
	p.change(func() { p.next.weight = 0 })
	eventually(t, "the release before is asked alone again", all(t, web, "one"))
	p.change(func() { p.next.weight = 100 })
	eventually(t, "the next release is asked alone", all(t, web, "two"))
}

// TestASidecarOfBeforePartsIsToldOfTheReleaseThatServesAlone, since it refuses what it does not
// understand with all that it is told beside.
func TestASidecarOfBeforePartsIsToldOfTheReleaseThatServesAlone(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.change(func() { p.addrs["orders"], p.release, p.next = "127.0.0.1:1", "one", shared{"127.0.0.1:2", "two", 25} })
	conn := p.caller(t, "web").dial(t)
	for hello, want := range map[string]sidecar.Version{
		`{"inbound": "127.0.0.1:8443"}`:                {Instances: []string{"127.0.0.1:1"}},
		`{"inbound": "127.0.0.1:8444", "parts": true}`: {Instances: []string{"127.0.0.1:1"}, Next: []string{"127.0.0.1:2"}, Share: 25},
	} {
		var got sidecar.Version
		for _, s := range told(t, conn, hello).Services {
			if s.Name == "orders" {
				got = s.Versions[0]
			}
		}
		want.Name, want.Identity, want.Clear, want.Weight = "orders", id("orders"), true, 1
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", hello, diff)
		}
	}
}

// told is what a sidecar is told first that presents itself in a way.
func told(t *testing.T, conn *grpc.ClientConn, hello string) (d sidecar.Document) {
	t.Helper()
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/"+sidecar.ControlService+"/"+sidecar.MethodFollow)
	must(t, err)
	must(t, stream.SendMsg(wrapperspb.Bytes([]byte(hello))))
	var said wrapperspb.BytesValue
	must(t, stream.RecvMsg(&said))
	must(t, json.Unmarshal(said.GetValue(), &d))
	return d
}

// TestSidecarsOfARolloutStayInTheirPartOfARoute: what a route gives to a service its releases share.
func TestSidecarsOfARolloutStayInTheirPartOfARoute(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.say(t, routes)
	for _, release := range []string{"one", "two"} {
		p.besideRelease(t, dev(), "orders", release, release)
	}
	p.beside(t, dev(), "orders-next", "next")
	p.change(func() { p.addrs["orders"], p.release, p.next = "127.0.0.1:1", "one", shared{"127.0.0.1:2", "two", 50} })
	web := p.beside(t, dev(), "web", "web")
	eventually(t, "all three are asked", func() bool { return len(counts(t, web, 40)) == 3 })
	// Three of eight each, and a quarter; within five deviations of 400.
	said := counts(t, web, 400)
	for release, want := range map[string]int{"one": 150, "two": 150, "next": 100} {
		if n := said[release]; n < want-49 || n > want+49 {
			t.Errorf("%v", said)
		}
	}
}

// TestWhatAReleaseHasAnsweredIsReported, each call once, for whom judges it, and none that its
// sidecar has refused.
func TestWhatAReleaseHasAnsweredIsReported(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	reported := map[string]int{}
	g := &graph.Service{Store: nowhere{}, Tx: nowhere{}, Answered: func(scope kernel.Scope, workload, release string, t traffic.Tally) {
		mu.Lock()
		defer mu.Unlock()
		if scope == dev() && workload == "orders" {
			reported[release] += int(t.Requests())
		}
	}}
	p := newPlaneWith(t, g)
	p.say(t, strict, strings.Replace(allow, ", paths: [/orders/*]", "", 1))
	for _, release := range []string{"one", "two"} {
		p.besideRelease(t, dev(), "orders", release, release)
	}
	p.change(func() { p.addrs["orders"], p.release, p.next = "127.0.0.1:1", "one", shared{"127.0.0.1:2", "two", 25} })
	web, stranger := p.beside(t, dev(), "web", "web"), p.beside(t, dev(), "stranger", "stranger")
	for range 40 {
		if status, said := ask(t, stranger, "orders", "/"); status != http.StatusForbidden {
			t.Fatal(status, said)
		}
	}
	said := counts(t, web, 400)
	eventually(t, "all is reported", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return maps.Equal(reported, said)
	})
}

// all tells whether many calls in a row are answered by one.
func all(t *testing.T, at *sidecar.Sidecar, who string) func() bool {
	t.Helper()
	return func() bool { said := counts(t, at, 40); return said[who] == 40 }
}

func counts(t *testing.T, at *sidecar.Sidecar, calls int) map[string]int {
	t.Helper()
	out := map[string]int{}
	for range calls {
		status, said := ask(t, at, "orders", "/")
		if status != http.StatusOK {
			t.Fatal(status, said)
		}
		out[said]++
	}
	return out
}
