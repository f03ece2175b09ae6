package certs

import (
	"bytes"
	"context"
	"time"
)

// pass looks at everything once, does what is to be done, and returns how long nothing will be.
//
// The order matters. The configurations are looked at before the Secret is read, and patched only if they are still
// as they were looked at. So whoever publishes a bundle has read a Secret at least as new as any bundle that it
// overwrites, and replicas that see a change at different times cannot undo each other's work.
func (s *SelfManaged) pass(ctx context.Context) (time.Duration, error) {
	now := s.options.Clock.Now()
	snapshot := s.configurations.observe()
	secret, err := s.secret.read(ctx)
	if err != nil {
		return 0, err
	}
	current, faults := parseState(secret)
	current, unfit := current.fit(s.options.Identity, now, s.known)
	faults = append(faults, unfit...)
	for _, fault := range faults {
		s.options.Log.Error(fault, "the CA secret is damaged, repairing it")
	}

	facts := seen{now: now, known: s.known, carriedSince: s.carriedSince(snapshot, current.bundle(), now)}
	if serving := s.serving.Load(); serving != nil && !serving.expired(now) {
		facts.issuer = serving.issuer
	}
	step, err := s.rotation.next(current, facts)
	if err != nil {
		return 0, err
	}
	if len(step.actions) > 0 || len(faults) > 0 {
		if err := s.secret.write(ctx, secret, step.state); err != nil {
			return 0, err
		}
		for _, action := range step.actions {
			s.options.Log.Info("changed the CA secret", "action", action, "phase", step.state.phase())
		}
	}
	s.known = &step.state
	phase := step.state.phase()
	s.phase.Store(&phase)

	// The leaf comes before publishing: a replica whose configurations cannot be patched still serves those that can
	// be.
	trusted := !facts.carriedSince.IsZero() && now.Sub(facts.carriedSince) >= s.options.Settle && current.trusts(step.state.signer.cert) &&
		!now.Before(step.state.signer.cert.NotBefore) // a replica whose clock is far ahead has made it
	if err := s.renew(step.state.signer, trusted, now); err != nil {
		return 0, err
	}
	if err := s.configurations.publish(ctx, snapshot, step.state.bundle()); err != nil {
		return 0, err
	}
	return s.pause(now, step.wake), nil
}

// carriedSince keeps track of since when all configurations have carried bundle.
func (s *SelfManaged) carriedSince(snapshot snapshot, bundle []byte, now time.Time) time.Time {
	switch {
	case !snapshot.carries(bundle):
		s.carried.since = time.Time{}
	case s.carried.since.IsZero() || !bytes.Equal(s.carried.bundle, bundle):
		s.carried.since = now
	}
	s.carried.bundle = bundle
	return s.carried.since
}

// renew makes a leaf when one is due, and serves it when API servers trust its authority: when the leaf before it is
// of the same one, or trusted says that they do. Until then the leaf before it serves. In a rotation next is trusted
// before it becomes the signer; the wait is for a signer that came in another way, such as a Secret that was replaced
// by hand.
func (s *SelfManaged) renew(signer *authority, trusted bool, now time.Time) error {
	serving := s.serving.Load()
	if serving.fresh(signer, now) {
		s.pending = nil
		return nil
	}
	if !s.pending.fresh(signer, now) {
		made, err := newLeaf(signer, s.options.Identity, now, s.options.LeafLifetime)
		if err != nil {
			return err
		}
		s.pending = made
	}
	// With nothing to lose there is nothing to wait for: the bundle follows.
	if serving != nil && !serving.expired(now) && !serving.issuer.Equal(signer.cert) && !trusted {
		s.options.Log.V(1).Info("a new serving certificate waits for its CA to be trusted everywhere", "issuer", signer.cert.Subject.CommonName)
		return nil
	}
	s.serving.Store(s.pending)
	leaf := s.pending.certificate.Leaf
	s.pending = nil
	s.options.Log.Info("serving a new certificate", "serial", leaf.SerialNumber.Text(16), "issuer", leaf.Issuer.CommonName, "notAfter", leaf.NotAfter)
	return nil
}

// pause is the time until the next thing is due by the clock alone.
func (s *SelfManaged) pause(now, wake time.Time) time.Duration {
	times := []time.Time{wake}
	if !s.carried.since.IsZero() {
		times = append(times, s.carried.since.Add(s.options.Settle))
	}
	if serving := s.serving.Load(); serving != nil {
		times = append(times, serving.renewAt, serving.certificate.Leaf.NotAfter.Add(time.Second))
	}
	pause := longestPause
	for _, at := range times {
		if at.After(now) {
			pause = min(pause, at.Sub(now))
		}
	}
	return max(pause, firstRetry)
}
