package fault_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// load is what people do with the platform while it is killed.
type load struct {
	*world
	ledger    *ledger
	workloads []string
	seed      uint64
	releases  atomic.Int64
	epochs    uint64
	// mixed has somebody destroy, cancel and retry, too.
	mixed bool
}

// scratch is a workload that is destroyed and whose runs are canceled.
const scratch = "scratch"

// scribble deploys, destroys, cancels and does again what was canceled.
func (l *load) scribble(ctx context.Context, chance *rand.Rand) {
	for ctx.Err() == nil {
		path := "/api/v1/projects/" + l.project
		runs := l.newest(ctx, "workload="+scratch)
		var answer struct{ Run run }
		switch n := chance.IntN(8); {
		case len(runs) == 0 || n < 3 && runs[0].settled():
			r, err := l.deploy(ctx, scratch, int(l.releases.Add(1)), 0)
			l.told(r, err)
		case n < 5 && runs[0].settled():
			_, err := l.Call(ctx, l.admin, http.MethodPost, path+"/workloads/"+scratch+"/destructions", map[string]string{"stage": "dev"}, &answer)
			l.told(answer.Run, err)
		case n == 5 && !runs[0].settled():
			_, err := l.Call(ctx, l.admin, http.MethodPost, path+"/runs/"+runs[0].ID+"/cancel", map[string]any{"force": chance.IntN(2) == 0}, &answer)
			l.told(answer.Run, err)
		case n == 6 && runs[0].Status == "canceled":
			_, err := l.Call(ctx, l.admin, http.MethodPost, path+"/runs/"+runs[0].ID+"/retry", map[string]string{"reason": "again"}, &answer)
			l.told(answer.Run, err)
		}
		pause(ctx, time.Duration(100+chance.IntN(400))*time.Millisecond)
	}
}

// open is how many runs of one workload may be on their way: enough to queue.
const open = 3

// run keeps people busy until ctx ends.
func (l *load) run(ctx context.Context) (wait func()) {
	l.epochs++
	var people sync.WaitGroup
	for i, workload := range l.workloads {
		chance := rand.New(rand.NewPCG(l.seed, l.epochs<<8|uint64(i)))
		people.Go(func() { l.develop(ctx, chance, workload) })
	}
	chance := rand.New(rand.NewPCG(l.seed, l.epochs<<8|0xff))
	people.Go(func() { l.decide(ctx, chance) })
	if l.mixed {
		chance := rand.New(rand.NewPCG(l.seed, l.epochs<<8|0xfe))
		people.Go(func() { l.scribble(ctx, chance) })
	}
	return people.Wait
}

// develop deploys, promotes and uploads, as long as not too much is on its way.
func (l *load) develop(ctx context.Context, chance *rand.Rand, workload string) {
	for ctx.Err() == nil {
		if l.onTheWay(ctx, workload) < open {
			l.act(ctx, chance, workload)
		}
		pause(ctx, time.Duration(50+chance.IntN(250))*time.Millisecond)
	}
}

func (l *load) onTheWay(ctx context.Context, workload string) int {
	n := 0
	for _, r := range l.newest(ctx, "workload="+workload) {
		if !r.settled() {
			n++
		}
	}
	return n
}

func (l *load) newest(ctx context.Context, query string) []run {
	var p page[run]
	if _, err := l.Call(ctx, l.admin, http.MethodGet, "/api/v1/projects/"+l.project+"/runs?limit=20&"+query, nil, &p); err != nil {
		return nil // it is being killed
	}
	return p.Items
}

func (l *load) act(ctx context.Context, chance *rand.Rand, workload string) {
	n := chance.IntN(10)
	switch {
	case n < 4:
		r, err := l.deploy(ctx, workload, int(l.releases.Add(1)), 0)
		l.told(r, err)
	case n < 9:
		to := stages()[1+chance.IntN(len(stages())-1)]
		r, err := l.promote(ctx, workload, to)
		l.told(r, err)
	default:
		l.uploadSomething(ctx, chance)
	}
}

func (l *load) told(r run, err error) {
	if err != nil {
		l.ledger.not(0)
		return
	}
	l.ledger.run(r)
}

// decide approves most of what waits for it.
func (l *load) decide(ctx context.Context, chance *rand.Rand) {
	for ctx.Err() == nil {
		for _, r := range l.newest(ctx, "status=awaiting_approval") {
			if chance.IntN(4) == 0 {
				continue
			}
			if err := l.approve(ctx, r); err != nil {
				l.ledger.not(0)
			} else {
				l.ledger.approval(r)
			}
		}
		pause(ctx, time.Duration(100+chance.IntN(400))*time.Millisecond)
	}
}

// uploadSomething sends an artifact that nobody has sent before, slowly.
func (l *load) uploadSomething(ctx context.Context, chance *rand.Rand) {
	content := bundle(chance)
	sum := sha256.Sum256(content)
	l.ledger.upload(1)
	defer l.ledger.upload(-1)
	digest, err := l.upload(ctx, &slowly{Reader: bytes.NewReader(content)})
	if err != nil {
		l.ledger.not(0)
		return
	}
	if want := "sha256:" + hex.EncodeToString(sum[:]); digest != want {
		l.t.Errorf("the artifact %s was stored as %s", want, digest)
	}
	l.ledger.artifact(digest)
}

func (w *world) upload(ctx context.Context, content io.Reader) (digest string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.API+"/api/v1/projects/"+w.project+"/artifacts", content)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+w.admin)
	request.Header.Set("Content-Type", "application/gzip")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("upload: %s", response.Status)
	}
	var stored struct{ Digest string }
	return stored.Digest, json.NewDecoder(response.Body).Decode(&stored)
}

// bundle is a small archive with content of its own.
func bundle(chance *rand.Rand) []byte {
	content := make([]byte, 1<<20)
	for i := range content {
		content[i] = byte(chance.Uint32())
	}
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	files := tar.NewWriter(zipped)
	_ = files.WriteHeader(&tar.Header{Name: "app", Mode: 0o755, Size: int64(len(content))}) // a buffer takes everything
	_, _ = files.Write(content)
	_, _ = files.Close(), zipped.Close()
	return packed.Bytes()
}

// slowly reads in small pieces, with a pause after each.
type slowly struct{ io.Reader }

func (s *slowly) Read(p []byte) (int, error) {
	time.Sleep(5 * time.Millisecond)
	return s.Reader.Read(p[:min(len(p), 16<<10)])
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
