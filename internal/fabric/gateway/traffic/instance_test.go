package traffic_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

func TestInstancesAreCountedWhileWatched(t *testing.T) {
	t.Parallel()
	var nobody *traffic.Instances
	nobody.Count("a", 200, time.Millisecond)
	var i traffic.Instances
	i.Count("a", 500, time.Millisecond) // before anybody watches
	first, stop := i.Watch([]string{"a", "b"})
	i.Count("a", 200, time.Millisecond)
	i.Count("b", 502, time.Second)
	i.Count("c", 200, time.Millisecond)
	var added traffic.Tally
	added.Places[0], added.Classes[5] = 3, 1
	i.Add("sidecars", added) // nobody watches them
	third, stopThird := i.Watch([]string{"d", "sidecars"})
	i.Add("sidecars", added)
	i.Count("d", 200, time.Millisecond)
	stopThird()
	i.Add("sidecars", added)
	if got := third(); got.Requests() != 4 || got.Classes[5] != 1 {
		t.Errorf("third %+v", got)
	}
	second, stopSecond := i.Watch([]string{"b"})
	stop()
	i.Count("a", 200, time.Millisecond)
	i.Count("b", 200, time.Millisecond)
	stopSecond()
	i.Count("b", 200, time.Millisecond)
	if got := first(); got.Requests() != 2 || got.Classes[5] != 1 || got.Quantile(.99) < 900*time.Millisecond {
		t.Errorf("first %+v", got)
	}
	if got := second(); got.Requests() != 1 {
		t.Errorf("second %+v", got)
	}
}
