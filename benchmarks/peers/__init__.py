"""Other libraries' leaky integrate-and-fire layers, each set to the equations of `snnkernels.lif` as far as it can.

One small file a library. None is imported before it is asked for. Each is given its fastest form: one call for all
time steps where the library has one, else a loop over `current.unbind(0)`.
"""

from contenders import Contender

from . import norse, sinabs, snntorch, spikingjelly

PEERS: tuple[Contender, ...] = (*snntorch.PEERS, *spikingjelly.PEERS, *norse.PEERS, *sinabs.PEERS)
