package certs

import (
	"sync/atomic"
	"time"
)

// repairTime is how long a caBundle that does not fit may stand before it makes a replica unready. Whoever overwrites one makes all
// replicas unreachable at once, and it is repaired at once, too. Without patience all endpoints would be taken out meanwhile, and come
// back only with the next probes: an outage of a tenth of a second would last for seconds.
const repairTime = 5 * time.Second

// patience remembers when callers would last have accepted the certificate.
type patience struct{ accepted atomic.Pointer[time.Time] }

// judge returns err, the outcome of a verification at that time, unless there has been a better one not long ago.
func (p *patience) judge(err error, now time.Time) error {
	if err == nil {
		p.accepted.Store(&now)
		return nil
	}
	if accepted := p.accepted.Load(); accepted != nil && now.Sub(*accepted) < repairTime {
		return nil
	}
	return err
}
