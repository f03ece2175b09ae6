package certs

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"
)

func TestRotationNext(t *testing.T) {
	const life = 1000 * time.Hour
	var (
		a, b    = makeAuthority(t, start, life), makeAuthority(t, start, life)
		expired = makeAuthority(t, start.Add(-2*life), life)
		aged    = makeAuthority(t, start.Add(-life*7/10), life)
		fresh   = makeAuthority(t, start, life) // what newAuthority makes
		keyless = &authority{cert: b.cert}
	)
	rules := rotation{
		leafLifetime: 10 * time.Hour,
		settle:       time.Minute,
		newAuthority: func(time.Time) (*authority, error) { return fresh, nil },
	}
	retirement := start.Add(10*time.Hour + time.Minute)
	manyRetired := state{signer: aged}
	for range maxRetired {
		manyRetired = manyRetired.retire(makeAuthority(t, start, life).cert, start.Add(time.Hour))
	}
	tests := []struct {
		name    string
		current state
		seen    seen
		want    state
		actions []string
		wake    time.Time
	}{
		{name: "SV-01 no secret", want: state{signer: fresh}, actions: []string{"made a new CA"}},
		{name: "SV-03 all is well", current: state{signer: a}, want: state{signer: a}, wake: a.rotationDue()},
		{
			name: "SV-10 signer without matching key, and no memory: its leaves stay trusted", current: state{signer: keyless},
			want: state{signer: fresh}.retire(b.cert, retirement), actions: []string{"made a new CA"}, wake: retirement,
		},
		{
			name: "signer expired", current: state{signer: expired},
			want: state{signer: fresh}, actions: []string{"made a new CA"},
		},
		{
			name: "signer expired while next waits", current: state{signer: expired, next: a},
			want: state{signer: a}, actions: []string{"made the next CA the signer because the signer is not usable"},
		},
		{
			name: "signer damaged while next waits", current: state{signer: keyless, next: a},
			want: state{signer: a}.retire(b.cert, retirement), actions: []string{"made the next CA the signer because the signer is not usable"}, wake: retirement,
		},
		{
			name: "SV-12 secret deleted: the same CA comes back", seen: seen{known: &state{signer: a}},
			want: state{signer: a}, actions: []string{"restored the CA from memory"}, wake: a.rotationDue(),
		},
		{
			name: "secret deleted in a rotation: the rotation comes back too",
			seen: seen{known: ptr.To(state{signer: a, next: b}.retire(fresh.cert, retirement))},
			want: state{signer: a, next: b}.retire(fresh.cert, retirement), actions: []string{"restored the CA from memory"}, wake: retirement,
		},
		{
			name: "key damaged: memory has it", current: state{signer: keyless, next: a}, seen: seen{known: &state{signer: b}},
			want: state{signer: b, next: a}, actions: []string{"restored the CA from memory"}, wake: b.cert.NotAfter,
		},
		{
			name: "signer damaged, and memory has another: both are trusted", current: state{signer: keyless}, seen: seen{known: &state{signer: a}},
			want: state{signer: a}.retire(b.cert, retirement), actions: []string{"restored the CA from memory"}, wake: retirement,
		},
		{
			name: "memory has expired", seen: seen{known: &state{signer: expired}},
			want: state{signer: fresh}, actions: []string{"made a new CA"},
		},
		{
			name: "secret won by another replica: memory gives way", current: state{signer: a}, seen: seen{known: &state{signer: b}},
			want: state{signer: a}, wake: a.rotationDue(),
		},
		{
			name:    "secret replaced by hand: the leaf in service stays trusted",
			current: state{signer: a}, seen: seen{known: &state{signer: b}, issuer: b.cert},
			want: state{signer: a}.retire(b.cert, retirement), actions: []string{"kept trust in the CA of the certificate in service"}, wake: retirement,
		},
		{
			name: "next is damaged", current: state{signer: a, next: keyless},
			want: state{signer: a}, actions: []string{"dropped a next CA that is not usable"}, wake: a.rotationDue(),
		},
		{
			name: "rotation is due", current: state{signer: aged},
			want: state{signer: aged, next: fresh}, actions: []string{"made a next CA"}, wake: aged.cert.NotAfter,
		},
		{
			name: "rotation is asked for", current: state{signer: a, rotate: true},
			want: state{signer: a, next: fresh}, actions: []string{"made a next CA"}, wake: a.cert.NotAfter,
		},
		{
			name: "rotation is asked for in a rotation: remembered", current: state{signer: a, next: b, rotate: true},
			want: state{signer: a, next: b, rotate: true}, wake: a.cert.NotAfter,
		},
		{
			name: "rotation is due but too many are retired: waits", current: manyRetired,
			want: manyRetired, wake: start.Add(time.Hour),
		},
		{
			name: "next is not published everywhere", current: state{signer: a, next: b},
			want: state{signer: a, next: b}, wake: a.cert.NotAfter,
		},
		{
			name: "next is published, not yet for long enough", current: state{signer: a, next: b}, seen: seen{carriedSince: start.Add(-59 * time.Second)},
			want: state{signer: a, next: b}, wake: start.Add(time.Second),
		},
		{
			name: "next is published for long enough", current: state{signer: a, next: b}, seen: seen{carriedSince: start.Add(-time.Minute), issuer: a.cert},
			want: state{signer: b}.retire(a.cert, retirement), actions: []string{"made the next CA the signer"}, wake: retirement,
		},
		{
			name: "retired, leaves may live", current: state{signer: a}.retire(b.cert, start.Add(time.Second)),
			want: state{signer: a}.retire(b.cert, start.Add(time.Second)), wake: start.Add(time.Second),
		},
		{
			name: "retired, leaves have expired", current: state{signer: a}.retire(b.cert, start),
			want: state{signer: a}, actions: []string{"dropped a retired CA whose leaves have expired"}, wake: a.rotationDue(),
		},
		{
			name: "retired, but this replica still serves a leaf of it", current: state{signer: a}.retire(b.cert, start), seen: seen{issuer: b.cert},
			want: state{signer: a}.retire(b.cert, start), wake: a.rotationDue(),
		},
		{
			name: "retired and expired itself", current: state{signer: a}.retire(expired.cert, start.Add(time.Hour)), seen: seen{issuer: expired.cert},
			want: state{signer: a}, actions: []string{"dropped a retired CA whose leaves have expired"}, wake: a.rotationDue(),
		},
		{
			name:    "a dropped CA changes the bundle, so next waits to be seen in the new one",
			current: state{signer: a, next: b}.retire(fresh.cert, start), seen: seen{carriedSince: start.Add(-time.Hour)},
			want: state{signer: a, next: b}, actions: []string{"dropped a retired CA whose leaves have expired"},
			wake: a.cert.NotAfter,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.seen.now = start
			before := describe(test.current)
			got, err := rules.next(test.current, test.seen)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(describe(test.want), describe(got.state)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.actions, got.actions); diff != "" {
				t.Error(diff)
			}
			if test.wake.IsZero() {
				test.wake = got.state.signer.rotationDue()
			}
			if !got.wake.Equal(test.wake) {
				t.Errorf("wakes at %v, want %v", got.wake, test.wake)
			}
			if diff := cmp.Diff(before, describe(test.current)); diff != "" {
				t.Errorf("the argument was changed: %s", diff)
			}
		})
	}
}

func TestRotationWithoutEntropy(t *testing.T) {
	fault := errors.New("no entropy")
	rules := rotation{newAuthority: func(time.Time) (*authority, error) { return nil, fault }}
	for name, current := range map[string]state{
		"new CA":  {},
		"next CA": {signer: makeAuthority(t, start, time.Hour), rotate: true},
	} {
		if _, err := rules.next(current, seen{now: start}); !errors.Is(err, fault) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
