"""The companion package of the course "Recurrent Neural Networks, Tested".

Recurrent cells, their backward passes and everything the chapters run, in NumPy. Importing it is cheap: the
modules are loaded when they are asked for, and none of the core loads PyTorch, TensorFlow or Matplotlib.
"""

__version__ = "0.1.0"
