"""Other libraries' leaky integrate-and-fire layers, each set to the equations of `snnkernels.lif` as far as it can.

One small file a library. None is imported before it is asked for. Where a library has one call for all time steps it
is measured, else a loop over `current.unbind(0)`. The calls of Norse (`Lift`) and sinabs index the current in loops of
their own, which makes them quadratic in T; so both are measured in a loop over `unbind`, too, which is their fastest
fair form but for what torch.compile makes of it, which takes all of them as a whole but sinabs.
"""

from contenders import Contender

from . import norse, sinabs, snntorch, spikingjelly

PEERS: tuple[Contender, ...] = (*snntorch.PEERS, *spikingjelly.PEERS, *norse.PEERS, *sinabs.PEERS)
