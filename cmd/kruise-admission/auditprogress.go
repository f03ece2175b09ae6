package main

// How far a long scan has come, for a person who waits.

import (
	"fmt"
	"io"
	"time"
)

// progressAfter is how long a scan must take before anything is said.
const progressAfter = time.Second

// progress writes one line that changes, and removes it at the end. To what is no terminal it writes nothing.
type progress struct {
	out   io.Writer // nil: nothing is written
	now   func() time.Time
	began time.Time
	pods  int
	shown bool
}

func newProgress(out io.Writer) *progress {
	p := &progress{now: time.Now}
	if isTerminal(out) {
		p.out = out
	}
	return p
}

func (p *progress) start() { p.began, p.pods = p.now(), 0 }

func (p *progress) add(pods int) {
	p.pods += pods
	if p.out == nil || p.now().Sub(p.began) < progressAfter {
		return
	}
	p.shown = true
	_, _ = fmt.Fprintf(p.out, "\rlooked at %d pods", p.pods)
}

func (p *progress) stop() {
	if p.shown {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}
