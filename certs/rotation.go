package certs

import (
	"crypto/x509"
	"slices"
	"time"
)

// maxRetired bounds the published bundle, which is repeated in every entry of every configuration: a rotation waits
// while so many authorities are still being retired.
const maxRetired = 4

// rotation decides what the CA Secret should hold next. It has no memory and reads no clock, so any replica can take
// the next step.
type rotation struct {
	// leafLifetime is how long a leaf may be in use after its authority was retired.
	leafLifetime time.Duration
	// settle is how long the bundle must have been seen in every configuration before next signs: API servers read
	// configurations by watches of their own.
	settle time.Duration
	// newAuthority makes an authority.
	newAuthority func(now time.Time) (*authority, error)
}

// seen is what a replica knows besides the Secret.
type seen struct {
	now time.Time
	// known is the state that this replica last agreed with; nil after a start.
	known *state
	// issuer signed the leaf that this replica serves; nil when it serves none.
	issuer *x509.Certificate
	// carriedSince is when this replica began to see current's bundle in every configuration, without interruption.
	// Zero: it does not see that now.
	carriedSince time.Time
}

// step is the outcome of a decision.
type step struct {
	state state
	// actions say what differs from the state before, for the log. Empty: nothing does.
	actions []string
	// wake is when time alone makes the next step due.
	wake time.Time
}

// next decides. The result always has a usable signer.
func (r rotation) next(current state, seen seen) (step, error) {
	out := step{state: current}
	if err := r.repairSigner(&out, seen); err != nil {
		return step{}, err
	}
	r.keepTrustInIssuer(&out, seen)
	r.drop(&out, seen)
	r.promote(&out, seen)
	if err := r.begin(&out, seen.now); err != nil {
		return step{}, err
	}
	out.wake = r.wake(out.state, seen)
	return out, nil
}

func (o *step) become(s state, action string) {
	o.state, o.actions = s, append(o.actions, action)
}

// retirement is when an authority that stops signing now may be dropped.
func (r rotation) retirement(now time.Time) time.Time { return now.Add(r.leafLifetime + r.settle) }

// repairSigner replaces a signer that is missing, broken or expired: by the one in memory (the Secret was deleted or
// damaged: the leaves in use stay good), else by next, else by a new one. The certificate of the lost one stays
// trusted, because other replicas may serve leaves of it.
func (r rotation) repairSigner(out *step, seen seen) error {
	lost := out.state.signer
	if lost.usable(seen.now) {
		return nil
	}
	s := out.state
	switch {
	case seen.known != nil && seen.known.signer.usable(seen.now):
		s.signer = seen.known.signer
		if s.next == nil && (lost == nil || !lost.cert.Equal(s.signer.cert)) {
			s.next = seen.known.next
		}
		for _, retired := range seen.known.retired {
			if !s.trusts(retired.cert) {
				s = s.retire(retired.cert, retired.after)
			}
		}
		out.become(s, "restored the CA from memory")
	case s.next.usable(seen.now):
		s.signer, s.next = s.next, nil
		out.become(s, "made the next CA the signer because the signer is not usable")
	default:
		made, err := r.newAuthority(seen.now)
		if err != nil {
			return err
		}
		s.signer, s.next = made, nil
		out.become(s, "made a new CA")
	}
	if lost != nil && seen.now.Before(lost.cert.NotAfter) && !out.state.trusts(lost.cert) {
		out.state = out.state.retire(lost.cert, r.retirement(seen.now))
	}
	return nil
}

// keepTrustInIssuer puts the authority of the leaf in service back if somebody replaced the Secret's content by
// another authority: this replica needs it until the new one is published and its leaf exchanged.
func (r rotation) keepTrustInIssuer(out *step, seen seen) {
	if seen.issuer == nil || !seen.now.Before(seen.issuer.NotAfter) || out.state.trusts(seen.issuer) {
		return
	}
	out.become(out.state.retire(seen.issuer, r.retirement(seen.now)), "kept trust in the CA of the certificate in service")
}

// drop removes what is of no use any more, but never the trust in the leaf that this replica serves.
func (r rotation) drop(out *step, seen seen) {
	if s := out.state; s.next != nil && !s.next.usable(seen.now) {
		s.next = nil
		out.become(s, "dropped a next CA that is not usable")
	}
	done := func(a retiredAuthority) bool {
		if !seen.now.Before(a.cert.NotAfter) {
			return true
		}
		return !seen.now.Before(a.after) && (seen.issuer == nil || !a.cert.Equal(seen.issuer))
	}
	if s := out.state; slices.ContainsFunc(s.retired, done) {
		s.retired = slices.DeleteFunc(slices.Clone(s.retired), done)
		out.become(s, "dropped a retired CA whose leaves have expired")
	}
}

// promote makes next the signer when everybody has trusted it for long enough.
func (r rotation) promote(out *step, seen seen) {
	s := out.state
	if s.next == nil || len(out.actions) > 0 || seen.carriedSince.IsZero() || seen.now.Before(seen.carriedSince.Add(r.settle)) {
		return // with other actions the bundle is not the one that was seen
	}
	old := s.signer
	s.signer, s.next = s.next, nil
	out.become(s.retire(old.cert, r.retirement(seen.now)), "made the next CA the signer")
}

// begin starts a rotation that is due or asked for.
func (r rotation) begin(out *step, now time.Time) error {
	s := out.state
	if s.next != nil || len(s.retired) >= maxRetired || !s.rotate && now.Before(s.signer.rotationDue()) {
		return nil
	}
	made, err := r.newAuthority(now)
	if err != nil {
		return err
	}
	s.next, s.rotate = made, false
	out.become(s, "made a next CA")
	return nil
}

// wake is the earliest time to come at which time alone may change the outcome. Zero: there is none.
func (r rotation) wake(s state, seen seen) time.Time {
	times := []time.Time{s.signer.cert.NotAfter}
	if s.next == nil {
		times = append(times, s.signer.rotationDue())
	} else if !seen.carriedSince.IsZero() {
		times = append(times, seen.carriedSince.Add(r.settle))
	}
	for _, retired := range s.retired {
		times = append(times, retired.after)
	}
	times = slices.DeleteFunc(times, func(t time.Time) bool { return !t.After(seen.now) })
	if len(times) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(times, time.Time.Compare)
}
