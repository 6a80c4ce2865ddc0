package kafkabroker_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/kafkabroker"
)

// kcat, a client of other hands (librdkafka), reads what is published here as a
// CloudEvent in binary mode, and what it produces is read here. Between them is a fake
// cluster (kfake).
func TestKcat(t *testing.T) {
	t.Parallel()
	kcat, err := exec.LookPath("kcat")
	if err != nil {
		t.Skip("kcat is not installed: apt-get install kcat")
	}
	ctx := bounded(t)
	c := fake(t)
	b := open(t, kafkabroker.Cluster{Brokers: c.ListenAddrs()})
	defer b.Close()
	must(t, b.Ensure(ctx, orders()))
	run := func(in string, args ...string) string {
		cmd := exec.CommandContext(ctx, kcat, append([]string{"-b", strings.Join(c.ListenAddrs(), ","), "-t", orders().Name}, args...)...)
		cmd.Stdin = strings.NewReader(in)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("kcat %v: %v: %s", args, err, errs.String())
		}
		return out.String()
	}

	_, err = b.Publish(ctx, orders().Name, []broker.Message{{ID: "1", Type: "order.made", Key: "7", Headers: map[string]string{"source": "/shop", "content-type": "text/plain"}, Data: []byte("hello")}})
	must(t, err)
	var seen struct {
		Key, Payload string
		Headers      []string
	}
	must(t, json.Unmarshal([]byte(run("", "-C", "-J", "-e", "-q", "-o", "beginning")), &seen))
	headers := strings.Join(seen.Headers, " ")
	for _, want := range []string{"ce_specversion 1.0", "ce_id 1", "ce_type order.made", "ce_source /shop", "content-type text/plain"} {
		if !strings.Contains(headers, want) {
			t.Errorf("kcat sees no %q in %q", want, headers)
		}
	}
	if seen.Key != "7" || seen.Payload != "hello" {
		t.Errorf("%+v", seen)
	}

	run("8:from kcat\n", "-P", "-K", ":", "-p", "0", "-H", "ce_specversion=1.0", "-H", "ce_id=2", "-H", "ce_type=order.paid", "-H", "ce_source=/kcat")
	var got []broker.Delivery
	for p := range orders().Partitions {
		all, err := b.Read(ctx, orders().Name, broker.Position{Partition: p}, 10)
		must(t, err)
		got = append(got, all...)
	}
	for _, d := range got {
		if d.ID == "2" && d.Type == "order.paid" && d.Key == "8" && d.Headers["source"] == "/kcat" && string(d.Data) == "from kcat" {
			return
		}
	}
	t.Fatalf("what kcat produced is not among %+v", got)
}
