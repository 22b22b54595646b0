package child

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// The ports among which a free one is looked for. Above lie those that the system gives to whoever asks for any, for
// connections too (from 32768 on, https://docs.kernel.org/networking/ip-sysctl.html): one of those would be given to another
// between being found and being used. Below lie those of servers that everybody knows.
const firstPort, lastPort = 16384, 32767

// FreePort finds a loopback port that nobody listens on now. Somebody else may take it before it is used, though hardly: who
// starts a program on it tries again with another when the program finds it taken.
func FreePort() (int, error) {
	for range 100 {
		if port := firstPort + rand.IntN(lastPort-firstPort+1); PortIsFree(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("looking for a free port: none was found between %d and %d", firstPort, lastPort)
}

// PortIsFree tells whether a loopback port can be listened on.
func PortIsFree(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
